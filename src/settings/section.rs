//! Sections of the settings file. Paths in them are found by their type, so that none is forgotten.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::{Path, PathBuf};

use chrono::Weekday;
use chrono_tz::Tz;
use serde::Deserialize;

use crate::domain::calendar::Calendar;
use crate::domain::{DateOrder, Domain, EmailAddress, ExpectedRate};

/// A file with a password or a key, which nobody but this program may read.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct SecretFile(pub(super) PathBuf);

impl std::ops::Deref for SecretFile {
    type Target = Path;

    fn deref(&self) -> &Path {
        &self.0
    }
}

/// A path among the settings.
pub(super) enum Place<'a> {
    Plain(&'a mut PathBuf),
    Secret(&'a mut SecretFile),
}

/// What may stand in a settings file: a value, or a section of them.
pub(super) trait Setting {
    /// Does something with each path in it. A value has none, unless it says so.
    fn each_path(&mut self, _act: &mut dyn FnMut(Place<'_>)) {}
}

/// Declares a section, in which the paths are those of its fields: each is a [`Setting`].
macro_rules! section {
    ($(#[$about:meta])* $shown:vis struct $name:ident {
        $($(#[$of_field:meta])* $field_shown:vis $field:ident: $type:ty,)+
    }) => {
        $(#[$about])*
        $shown struct $name {
            $($(#[$of_field])* $field_shown $field: $type,)+
        }

        impl $crate::settings::section::Setting for $name {
            fn each_path(
                &mut self,
                act: &mut dyn FnMut($crate::settings::section::Place<'_>),
            ) {
                $($crate::settings::section::Setting::each_path(&mut self.$field, act);)+
            }
        }
    };
}
pub(super) use section;

impl Setting for PathBuf {
    fn each_path(&mut self, act: &mut dyn FnMut(Place<'_>)) {
        act(Place::Plain(self));
    }
}

impl Setting for SecretFile {
    fn each_path(&mut self, act: &mut dyn FnMut(Place<'_>)) {
        act(Place::Secret(self));
    }
}

impl<T: Setting> Setting for Option<T> {
    fn each_path(&mut self, act: &mut dyn FnMut(Place<'_>)) {
        self.iter_mut().for_each(|inner| inner.each_path(act));
    }
}

impl<T: Setting> Setting for Vec<T> {
    fn each_path(&mut self, act: &mut dyn FnMut(Place<'_>)) {
        self.iter_mut().for_each(|inner| inner.each_path(act));
    }
}

/// Values in which no path is.
macro_rules! without_paths {
    ($($type:ty),+ $(,)?) => {
        $(impl $crate::settings::section::Setting for $type {})+
    };
}
pub(super) use without_paths;

without_paths!(
    bool,
    u16,
    u32,
    u64,
    NonZeroU16,
    NonZeroU32,
    String,
    Weekday,
    Tz,
    Calendar,
    DateOrder,
    Domain,
    EmailAddress,
    ExpectedRate,
);
