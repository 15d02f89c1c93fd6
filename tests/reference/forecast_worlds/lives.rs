//! Organisations as `forecast_lives.py` prints them, each asked about on the days before its switch dates.

use crate::domain::Standing;
use crate::{Life, Mailbox};

/// The organisations of such a file, with the switch day of each collection.
pub fn read(text: &str) -> Vec<(Life, Vec<i64>)> {
    let mut lives = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split(' ').collect();
        if words[0] == "life" {
            lives.push((Life::of(Vec::new()), Vec::new(), whole(words[2])));
        }
        let (life, switches, first_weekday) = lives.last_mut().expect("a life first");
        match words[0] {
            "reported" => life.is_reported = words[1].chars().map(|one| one == '1').collect(),
            "collection" => switches.push(whole(words[1])),
            "mailbox" => add(life, &words),
            _ => continue,
        }
        let days = life.is_reported.len() as i64;
        life.is_working = (0..days)
            .map(|day| (*first_weekday + day) % 7 < 5)
            .collect();
        life.collections = switches.len();
    }
    lives
        .into_iter()
        .map(|(life, switches, _)| (life, switches))
        .collect()
}

fn whole(text: &str) -> i64 {
    text.parse().expect("a whole number")
}

fn add(life: &mut Life, words: &[&str]) {
    life.mailboxes
        .push(Mailbox::in_collection(whole(words[1]) as usize));
    life.mornings.resize(life.is_reported.len(), Vec::new());
    let items = whole(words[2]) as f32;
    let days = words[3].chars().zip(words[4].split(','));
    for (morning, (letter, left)) in life.mornings.iter_mut().zip(days) {
        morning.push((Standing::of_letter(letter), items, whole(left) as f32));
    }
}
