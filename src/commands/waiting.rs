//! A morning on which exports come late: each organisation is run when its own are there.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant, SystemTime};

use chrono::{DateTime, NaiveTime, TimeZone, Utc};
use chrono_tz::Tz;

use super::console::Console;
use super::failure::{ExitCode, Failure, asked_to_end};
use crate::archive::Lock;
use crate::day::{self, Selection, arrived_at, read_date, time_of_day};
use crate::domain::plural::count_of;
use crate::domain::{OrganisationCode, Stage};
use crate::settings::{Register, Settings};

/// Files that changed in this time may still be written.
const QUIET: Duration = Duration::from_mins(1);
/// How long what a server put off is left before it is tried again.
const BETWEEN_ATTEMPTS: Duration = Duration::from_mins(10);

/// How long exports are waited for.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    /// Until this hour of today, on the programme's clock.
    pub(crate) until: NaiveTime,
    /// When the team is told what is missing, where that is before.
    pub(crate) tell_at: Option<NaiveTime>,
    /// How long from one look to the next.
    pub(crate) look_every: Duration,
}

/// What a run leaves to a later one.
pub(super) struct RanDay {
    pub(super) exit_code: ExitCode,
    /// Organisations whose messages were put off.
    pub(super) put_off: BTreeSet<OrganisationCode>,
}

/// What was done so far.
#[derive(Default)]
struct Morning {
    /// When the exports were written with which an organisation was run last.
    ran: BTreeMap<OrganisationCode, SystemTime>,
    put_off: BTreeSet<OrganisationCode>,
    last_attempt: Option<Instant>,
    /// How the last run of all ended, where none of some followed it.
    told: Option<ExitCode>,
    was_told_what_is_missing: bool,
}

/// Runs each organisation as soon as its exports are there and no longer change, and all of them
/// once more at the end, which tells the team. What the server puts off is tried again meanwhile.
pub(super) fn run_as_exports_come(
    selection: &Selection,
    waiting: &Waiting,
    console: &mut Console,
    mut run: impl FnMut(&Selection, &mut Console) -> Result<RanDay, Failure>,
) -> Result<ExitCode, Failure> {
    let settings = Settings::load(selection.settings.as_deref())?;
    let date = read_date("--date", &selection.date, &settings)?;
    let until = waiting.until.format("%H:%M");
    let holder = format!("process {}, of {date}, until {until}", std::process::id());
    let _waits = Lock::wait(&settings.data.folder, &holder)?;
    let mut morning = Morning::default();
    loop {
        let look = Arrivals::now(selection, waiting)?;
        let due = morning.due(&look);
        let ran = match &due {
            Due::Nothing => None,
            Due::All => Some(run(selection, console)),
            Due::Some(codes) => {
                let of_some = Selection {
                    organisations: codes.clone(),
                    ..selection.clone()
                };
                Some(run(&of_some, console))
            }
        };
        match ran {
            None => {}
            Some(Ok(ran)) => {
                morning.note(&look, &due, &ran);
                // Each attempt brings the account nearer to being locked.
                if ran.exit_code == ExitCode::SenderRefused {
                    return Ok(ran.exit_code);
                }
            }
            // Somebody runs this day by hand, or the ledger's server is away: it will pass.
            Some(Err(failure)) if failure.may_pass() && !look.is_over() => {
                console.warning(&failure.to_string());
            }
            Some(Err(failure)) => return Err(failure),
        }
        match morning.told {
            Some(exit_code) if look.is_over() || morning.is_done(&look) => return Ok(exit_code),
            _ => look.say_what_is_missing(console),
        }
        day::sleep(look.pause(waiting.look_every));
        if day::is_asked_to_end() {
            // What was left was to wait for a person who mends something.
            return match morning.told {
                Some(exit_code) if morning.has_all(&look) => Ok(exit_code),
                _ => Err(asked_to_end()),
            };
        }
    }
}

/// What is to be run after a look.
enum Due {
    Nothing,
    Some(Vec<OrganisationCode>),
    All,
}

impl Morning {
    fn due(&self, look: &Arrivals) -> Due {
        let has_changed =
            |(code, at): &(&OrganisationCode, &SystemTime)| self.ran.get(*code) != Some(at);
        let mut codes: BTreeSet<&OrganisationCode> = look
            .arrived
            .iter()
            .filter(has_changed)
            .map(|(code, _)| code)
            .collect();
        let is_rested = |last: Instant| last.elapsed() >= BETWEEN_ATTEMPTS;
        if self.last_attempt.is_none_or(is_rested) {
            codes.extend(&self.put_off);
        }
        let is_all_there = look.missing.is_empty();
        let is_to_be_told = look.is_time_to_tell && !self.was_told_what_is_missing;
        if (self.told.is_none() && (look.is_over() || is_all_there))
            || is_to_be_told
            || (is_all_there && !codes.is_empty())
        {
            Due::All
        } else if codes.is_empty() {
            Due::Nothing
        } else {
            Due::Some(codes.into_iter().cloned().collect())
        }
    }

    fn note(&mut self, look: &Arrivals, due: &Due, ran: &RanDay) {
        let is_of = |code: &OrganisationCode| match due {
            Due::Nothing => false,
            Due::Some(codes) => codes.contains(code),
            Due::All => true,
        };
        let arrived = look.arrived.iter().filter(|(code, _)| is_of(code));
        self.ran
            .extend(arrived.map(|(code, at)| (code.clone(), *at)));
        self.put_off.retain(|code| !is_of(code));
        self.put_off.extend(ran.put_off.iter().cloned());
        self.last_attempt = Some(Instant::now());
        let is_all = matches!(due, Due::All);
        self.told = is_all.then_some(ran.exit_code);
        self.was_told_what_is_missing |= is_all && look.is_time_to_tell;
    }

    /// Whether nothing would be otherwise later.
    fn is_done(&self, look: &Arrivals) -> bool {
        self.has_all(look) && self.told == Some(ExitCode::Done)
    }

    /// Whether no export is missing, and nothing waits for the server.
    fn has_all(&self, look: &Arrivals) -> bool {
        look.missing.is_empty() && self.put_off.is_empty()
    }
}

/// What lies in the drop folder.
struct Arrivals {
    at: DateTime<Utc>,
    deadline: DateTime<Utc>,
    is_time_to_tell: bool,
    time_zone: Tz,
    /// The organisations whose exports are all there and no longer change, with when they were
    /// written.
    arrived: BTreeMap<OrganisationCode, SystemTime>,
    missing: Vec<OrganisationCode>,
}

impl Arrivals {
    fn now(selection: &Selection, waiting: &Waiting) -> Result<Self, Failure> {
        let settings = Settings::load(selection.settings.as_deref())?;
        let register =
            Register::load(&settings.programme.register, &settings.mail.allowed_domains)?;
        let date = read_date("--date", &selection.date, &settings)?;
        let time_zone = settings.programme.time_zone;
        let (at, clock) = (Utc::now(), SystemTime::now());
        let quiet = QUIET.min(waiting.look_every);
        let is_asked_for = |code: &OrganisationCode| {
            selection.organisations.is_empty() || selection.organisations.contains(code)
        };
        let organisations = register.organisations.into_iter();
        let open =
            organisations.filter(|one| one.stage != Stage::Closed && is_asked_for(&one.code));
        let (mut arrived, mut missing) = (BTreeMap::new(), Vec::new());
        for organisation in open {
            let code = organisation.code;
            let is_quiet =
                |at: &SystemTime| clock.duration_since(*at).is_ok_and(|age| age >= quiet);
            match arrived_at(&settings, &code, date).filter(is_quiet) {
                Some(at) => _ = arrived.insert(code, at),
                None => missing.push(code),
            }
        }
        Ok(Self {
            at,
            deadline: today_at(waiting.until, at, time_zone),
            is_time_to_tell: waiting
                .tell_at
                .is_some_and(|time| at >= today_at(time, at, time_zone)),
            time_zone,
            arrived,
            missing,
        })
    }

    fn is_over(&self) -> bool {
        self.at >= self.deadline
    }

    fn pause(&self, look_every: Duration) -> Duration {
        let left = (self.deadline - Utc::now()).to_std().unwrap_or_default();
        look_every.min(left)
    }

    fn say_what_is_missing(&self, console: &Console) {
        if self.missing.is_empty() {
            return;
        }
        let codes: Vec<&str> = self.missing.iter().map(OrganisationCode::as_str).collect();
        console.detail(&format!(
            "waiting until {} for the exports of {}: {}",
            time_of_day(self.deadline, self.time_zone),
            count_of(codes.len(), "organisation"),
            codes.join(", ")
        ));
    }
}

/// That hour of the day that it is now; where clocks skip it, now.
fn today_at(time: NaiveTime, now: DateTime<Utc>, time_zone: Tz) -> DateTime<Utc> {
    let local = now.with_timezone(&time_zone).date_naive().and_time(time);
    time_zone
        .from_local_datetime(&local)
        .earliest()
        .map_or(now, |at| at.to_utc())
}

#[cfg(test)]
mod tests {
    use chrono_tz::Europe::London;

    use super::*;

    #[test]
    fn a_run_waits_until_the_hour_on_the_wall_whenever_clocks_change() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        for (now, hour, until) in [
            ("2026-03-28T07:00:00Z", "11:00", "2026-03-28T11:00:00Z"),
            ("2026-03-29T06:00:00Z", "11:00", "2026-03-29T10:00:00Z"),
            ("2026-10-24T06:00:00Z", "11:00", "2026-10-24T10:00:00Z"),
            ("2026-10-25T07:00:00Z", "11:00", "2026-10-25T11:00:00Z"),
            // Begun in the night, before the clocks change.
            ("2026-03-29T00:30:00Z", "11:00", "2026-03-29T10:00:00Z"),
            ("2026-10-25T00:30:00Z", "11:00", "2026-10-25T11:00:00Z"),
            // An hour that is there twice is the first; one that is not there is over.
            ("2026-10-25T00:10:00Z", "01:30", "2026-10-25T00:30:00Z"),
            ("2026-03-29T00:10:00Z", "01:30", "2026-03-29T00:10:00Z"),
            // The last day of a leap year's February, and of a year.
            ("2028-02-29T07:00:00Z", "11:00", "2028-02-29T11:00:00Z"),
            ("2026-12-31T23:30:00Z", "23:45", "2026-12-31T23:45:00Z"),
        ] {
            let hour = NaiveTime::parse_from_str(hour, "%H:%M").unwrap();
            assert_eq!(today_at(hour, at(now), London), at(until), "{now}");
        }
    }
}
