use super::*;

fn date(day: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 9, 7).unwrap() + Span::new(day)
}

/// Every day is a working day.
fn calendar() -> Calendar {
    use chrono::Weekday::{Fri, Mon, Sat, Sun, Thu, Tue, Wed};
    Calendar::new(&[Mon, Tue, Wed, Thu, Fri, Sat, Sun], None)
}

/// A collection of which so many mailboxes of 1,000 items come into sync each day, in their order.
fn steady(
    mailboxes: usize,
    a_day: usize,
    begins: usize,
    today: usize,
    collection: usize,
) -> Vec<Standings> {
    (0..mailboxes)
        .map(|place| {
            let ready_on = begins + place / a_day + 1;
            let course = (0..=today).map(|day| match day {
                day if day >= ready_on => Standing::Ready,
                day if day + 1 == ready_on && day > begins => Standing::begun(0, 1_000),
                _ => Standing::NotBegun,
            });
            Standings {
                collection,
                items_total: Some(1_000),
                items_done: Some(if today >= ready_on { 1_000 } else { 0 }),
                course: course.map(Standing::letter).collect(),
            }
        })
        .collect()
}

fn forecasts(mailboxes: &[Standings], dates: &[Option<u64>], today: u64) -> Vec<Forecast> {
    let dates: Vec<_> = dates.iter().map(|day| day.map(date)).collect();
    Forecasts::of(mailboxes, &dates, ReportDate::of(date(today)), &calendar()).collections
}

#[test]
fn a_steady_collection_is_on_track_at_risk_or_late_by_its_switch_date() {
    // Ten a day of 300: the last is ready on day 30.
    let mailboxes = steady(300, 10, 0, 20, 0);
    for (switch, status) in [
        (20, ForecastStatus::SwitchesToday),
        (22, ForecastStatus::WillBeLate),
        (30, ForecastStatus::AtRisk),
        (35, ForecastStatus::TooFarAhead),
        (19, ForecastStatus::PastSwitchDate),
    ] {
        let forecast = &forecasts(&mailboxes, &[Some(switch)], 20)[0];
        assert_eq!(forecast.status, status, "{switch}: {forecast:?}");
        assert_eq!((forecast.mailboxes, forecast.not_ready), (300, 100));
    }
    let late = &forecasts(&mailboxes, &[Some(22)], 20)[0];
    let (least, most) = late.range.unwrap();
    assert!(least <= 80 && most >= 80 && least > 60, "{late:?}");
    let expected = late.expected.unwrap();
    assert!((78..=84).contains(&expected), "{late:?}");
    // Forty are left, of which ten a day come to be ready.
    let on_track = &forecasts(&steady(300, 10, 0, 26, 0), &[Some(35)], 26)[0];
    assert_eq!(on_track.status, ForecastStatus::OnTrack, "{on_track:?}");
    let all = &forecasts(&steady(300, 10, 0, 31, 0), &[Some(33)], 31)[0];
    assert_eq!(
        (all.status, all.range),
        (ForecastStatus::InSync, Some((0, 0)))
    );
}

#[test]
fn a_collection_that_has_not_begun_and_a_first_week_cannot_be_told() {
    let early = forecasts(&steady(300, 10, 0, 3, 0), &[Some(9)], 3);
    assert_eq!(
        (early[0].status, early[0].range, early[0].expected),
        // All that may be.
        (ForecastStatus::CannotTell, Some((0, 270)), None)
    );
    // The pilot's days say how far they can be trusted, and not at which pace another goes.
    let mut both = steady(60, 3, 0, 21, 0);
    both.extend(steady(300, 10, 60, 21, 1));
    let forecast = &forecasts(&both, &[Some(15), Some(31)], 21)[1];
    assert_eq!(forecast.status, ForecastStatus::CannotTell);
}

#[test]
fn what_stands_still_or_has_no_total_is_not_foretold() {
    let mut still = steady(300, 10, 0, 20, 0);
    for mailbox in &mut still {
        // Nothing came of the last four days.
        let last = mailbox.course.chars().rev().nth(4).unwrap();
        let kept = mailbox.course.len() - 4;
        mailbox.course.truncate(kept);
        mailbox.course.extend(std::iter::repeat_n(last, 4));
        let is_ready = last == Standing::Ready.letter();
        mailbox.items_done = Some(if is_ready { 1_000 } else { 0 });
    }
    let forecast = &forecasts(&still, &[Some(33)], 20)[0];
    assert_eq!(forecast.status, ForecastStatus::CannotTell, "{forecast:?}");

    let mut silent = steady(300, 10, 0, 26, 0);
    for mailbox in silent.iter_mut().rev().take(10) {
        mailbox.course = mailbox.course.replace('N', "U");
        mailbox.items_total = None;
    }
    let forecast = &forecasts(&silent, &[Some(35)], 26)[0];
    assert_eq!(forecast.status, ForecastStatus::TotalsNotReported);
    assert_eq!(
        (forecast.mailboxes_without_total, forecast.settled_range()),
        (10, None)
    );
    // Late they are all the same, and none of them is left out.
    let late = &forecasts(&silent, &[Some(27)], 26)[0];
    assert_eq!(late.status, ForecastStatus::WillBeLate);
    let (least, most) = late.range.unwrap();
    assert!(most >= least + 10, "{late:?}");
}

#[test]
fn mailboxes_that_halted_are_not_counted_as_ready() {
    let mut mailboxes = steady(300, 10, 0, 26, 0);
    for mailbox in mailboxes.iter_mut().rev().take(8) {
        mailbox.course.pop();
        mailbox.course.push(Standing::Halted.letter());
    }
    let forecast = &forecasts(&mailboxes, &[Some(35)], 26)[0];
    // Eight of 300 are more than 2 in 100, if nobody restarts them.
    assert_eq!(forecast.status, ForecastStatus::AtRisk, "{forecast:?}");
    // None that halted was ever seen to come back, nor to stay.
    let (least, most) = forecast.range.unwrap();
    assert!(least <= 3 && most == 8, "{least} to {most}");
    // Thirty others halted once for two days, and are ready.
    for mailbox in mailboxes.iter_mut().take(30) {
        let halted = Standing::Halted.letter().to_string().repeat(2);
        mailbox.course.replace_range(12..14, &halted);
    }
    let (least, most) = forecasts(&mailboxes, &[Some(35)], 26)[0].range.unwrap();
    assert!(least == 0 && most >= 8, "{least} to {most}");
}

#[test]
fn mailboxes_that_were_ready_may_go_back() {
    let mut mailboxes = steady(300, 10, 0, 26, 0);
    let before = forecasts(&mailboxes, &[Some(37)], 26).remove(0);
    assert_eq!(before.status, ForecastStatus::OnTrack, "{before:?}");
    // Thirty of them were copied anew for three days, and are ready again.
    for mailbox in mailboxes.iter_mut().take(30) {
        let anew = Standing::begun(500, 1_000).letter().to_string().repeat(3);
        mailbox.course.replace_range(20..23, &anew);
    }
    let after = forecasts(&mailboxes, &[Some(37)], 26).remove(0);
    let most = |forecast: &Forecast| forecast.range.unwrap().1;
    assert!(most(&after) >= most(&before) + 6, "{before:?} {after:?}");
    assert_eq!(after.not_ready, before.not_ready);
}

#[test]
fn a_collection_of_eight_is_ready_only_where_all_are() {
    assert!(counts_as_ready(0, 8) && !counts_as_ready(1, 8));
    assert!(counts_as_ready(1, 50) && !counts_as_ready(1, 49));
    assert!(counts_as_ready(0, 0));
}

/// Mailboxes that take so many days each, of which `a_day` begin, and some three times as long; nothing
/// moves on days off.
fn with_slow_ones(days: usize, today: usize, is_off: impl Fn(usize) -> bool) -> Vec<Standings> {
    let worked = |from: usize, to: usize| (from..to).filter(|day| !is_off(*day)).count();
    let one = |place: usize| {
        let begins = place / 20;
        let needed = if place.is_multiple_of(10) {
            3 * days
        } else {
            days
        };
        let course = (0..=today).map(|day| match worked(begins, day.max(begins)) {
            _ if day < begins => Standing::NotBegun,
            done if done >= needed => Standing::Ready,
            done => Standing::begun(done as u64, needed as u64),
        });
        Standings {
            collection: 0,
            items_total: Some(1_000),
            items_done: Some(
                (1_000 * worked(begins, today.max(begins)) / needed).min(1_000) as u64,
            ),
            course: course.map(Standing::letter).collect(),
        }
    };
    (0..500).map(one).collect()
}

#[test]
fn who_is_slow_has_a_chance_of_its_own_and_a_weekend_is_no_three_days() {
    // Day 0 is a Monday, and 25 a Friday.
    let calendar = Calendar::new(
        &[
            chrono::Weekday::Mon,
            chrono::Weekday::Tue,
            chrono::Weekday::Wed,
            chrono::Weekday::Thu,
            chrono::Weekday::Fri,
        ],
        None,
    );
    let mailboxes = with_slow_ones(4, 25, |day| day % 7 >= 5);
    let chances = |switch: u64| {
        let dates = [Some(date(switch))];
        let all = Forecasts::of(&mailboxes, &dates, ReportDate::of(date(25)), &calendar);
        let shares = all.mailboxes.iter().enumerate();
        let told = shares.filter_map(|(place, alike)| Some((place, (*alike)?)));
        let (slow, others): (Vec<_>, Vec<_>) = told.partition(|(place, _)| place % 10 == 0);
        let mean = |all: &[(usize, Alike)]| {
            all.iter().map(|(_, alike)| alike.ready).sum::<f64>() / all.len() as f64
        };
        assert!(!slow.is_empty() && !others.is_empty());
        (mean(&slow), mean(&others), all.collections[0].clone())
    };
    // Friday to Monday, and Friday to Wednesday: one working day, and three.
    let (slow, others, monday) = chances(28);
    assert!(others > slow + 0.2, "{slow} {others}");
    let (slow_later, others_later, _) = chances(30);
    assert!(
        slow_later > slow && others_later > others + 0.2,
        "{others} {others_later}"
    );
    // Of those that are not ready this comes true to a few.
    let truth = with_slow_ones(4, 28, |day| day % 7 >= 5);
    let ready = Standing::Ready.letter();
    let missing = truth
        .iter()
        .filter(|one| !one.course.ends_with(ready))
        .count() as u64;
    let expected = monday.expected.unwrap();
    assert!(expected.abs_diff(missing) <= 8, "{expected} {missing}");
    let (least, most) = monday.range.unwrap();
    assert!((least..=most).contains(&missing), "{monday:?} {missing}");
}
