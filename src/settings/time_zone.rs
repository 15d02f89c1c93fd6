use chrono_tz::{TZ_VARIANTS, Tz};
use serde::{Deserialize, Deserializer, de};

/// Reads the name of a time zone; of one that is none it says which was meant.
pub(super) fn read<'a, D: Deserializer<'a>>(name: D) -> Result<Tz, D::Error> {
    let name = String::deserialize(name)?;
    name.parse().map_err(|_| {
        let meant = meant_by(&name).map_or("Europe/London", Tz::name);
        de::Error::custom(format!(
            "“{name}” is no time zone: write its region and city, as \"{meant}\""
        ))
    })
}

/// The time zone that ends with this name, or is written otherwise.
fn meant_by(name: &str) -> Option<Tz> {
    let folded = |text: &str| text.trim().replace(' ', "_").to_lowercase();
    let wanted = folded(name);
    let is_meant = |zone: &&Tz| {
        let own = folded(zone.name());
        own == wanted || own.rsplit('/').next() == Some(wanted.as_str())
    };
    TZ_VARIANTS.iter().find(is_meant).copied()
}
