//! The words for the values of options.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::commands::{AnswerFormat, ListFormat, LogFormat};
use crate::domain::DeliveryState;
use crate::settings::TransportKind;

/// Declares the words for the values of an option, and what each means.
macro_rules! words {
    ($values:ty: $($value:ident = $word:literal, $meaning:literal;)+) => {
        impl ValueEnum for $values {
            fn value_variants<'a>() -> &'a [Self] {
                &[$(Self::$value),+]
            }

            fn to_possible_value(&self) -> Option<PossibleValue> {
                Some(match self {
                    $(Self::$value => PossibleValue::new($word).help($meaning),)+
                })
            }
        }
    };
}

words! { LogFormat:
    Text = "text", "for people";
    Json = "json", "an object a line, for programs";
}

words! { AnswerFormat:
    Text = "text", "for people";
    Json = "json", "one object, for programs";
}

words! { ListFormat:
    Table = "table", "for people";
    Json = "json", "one object, for programs";
    Csv = "csv", "for a spreadsheet";
}

words! { TransportKind:
    Outbox = "outbox", "as files in a folder";
    Smtp = "smtp", "to the mail server of the settings";
    Sendmail = "sendmail", "to the machine's mail program";
}

impl ValueEnum for DeliveryState {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(PossibleValue::new(self.name()).help(self.meaning()))
    }
}
