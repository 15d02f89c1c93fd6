/// Words of which there are a dozen in millions of rows, and what they mean.
pub(super) struct Words<'a, M>(Vec<(&'a str, M)>);

/// A column may hold something else than words, perhaps names: no more are remembered.
const MOST: usize = 32;

impl<'a, M: Copy> Words<'a, M> {
    pub(super) fn new() -> Self {
        Self(Vec::new())
    }

    /// What a word means: as it was found before, or as `find` finds it.
    pub(super) fn meaning(&mut self, word: &'a str, find: impl FnOnce(&str) -> M) -> M {
        if let Some((_, meaning)) = self.0.iter().find(|(known, _)| *known == word) {
            return *meaning;
        }
        let meaning = find(word);
        if self.0.len() < MOST {
            self.0.push((word, meaning));
        }
        meaning
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_looked_up_once_while_there_are_few() {
        let mut words = Words::new();
        assert_eq!(words.meaning("Pilot", str::len), 5);
        assert_eq!(words.meaning("Pilot", |_| 0), 5);
        let many: Vec<String> = (0..100).map(|number| number.to_string()).collect();
        let lengths: Vec<usize> = many
            .iter()
            .map(|word| words.meaning(word, str::len))
            .collect();
        assert_eq!(lengths, many.iter().map(String::len).collect::<Vec<_>>());
        assert_eq!(words.meaning("99", |_| 0), 0);
    }
}
