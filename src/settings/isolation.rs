//! That no row of the register reaches into another organisation.

use std::collections::BTreeSet;
use std::path::Path;

use super::Mistake;
use super::register::{FaultyRow, Organisation, Register};
use crate::domain::{Domain, EmailAddress, OrganisationCode, ReportKind, Stage};

impl Register {
    /// The same with organisations kept apart: a mail domain that holds another organisation's does
    /// not stand for that; one that is everybody's, and recipients who are all another
    /// organisation's, hold their row. `shared` are domains whose people serve several.
    #[must_use]
    pub fn kept_apart(mut self, path: &Path, shared: &[Domain]) -> Self {
        let all = self.organisations.clone();
        let mut held: Vec<(OrganisationCode, Mistake)> = Vec::new();
        for organisation in &mut self.organisations {
            let others = || all.iter().filter(|other| other.code != organisation.code);
            let (code, is_served) = (organisation.code.clone(), organisation.is_served());
            for domain in &mut organisation.mail_domains {
                if domain.is_everybodys() && is_served {
                    let message = format!(
                        "{} is no domain of {code}'s own: everybody's mailboxes are below it. Write \
                         the domains of {code}'s mailboxes",
                        domain.as_str()
                    );
                    held.push((
                        code.clone(),
                        Mistake::new(path, None, Some("mail_domains"), message),
                    ));
                }
                for (other, below) in below(domain, others()) {
                    self.warnings.push(format!(
                        "{code}: its mail domain {} holds {}, which is {other}'s: mailboxes there \
                         count as {other}'s only. Write the domains of {code}'s own mailboxes in the \
                         register.",
                        domain.as_str(),
                        below.as_str()
                    ));
                    *domain = domain.clone().without(&below);
                }
            }
        }
        self.warnings.extend(misspelt_domains(&all, shared));
        for organisation in all.iter().filter(|one| one.is_served()) {
            let strangers = Strangers::of(organisation, &all, shared);
            if let Some((kind, other)) = strangers.whole_report {
                let message = format!(
                    "all who would get this report of {} are {other}'s, by their mail domain: were \
                     two rows mixed up? Where they serve {} too, name their domain under \
                     shared_domains in [mail]",
                    organisation.code, organisation.code
                );
                let column = kind.recipients_column();
                let mistake = Mistake::new(path, None, Some(&column), message);
                held.push((organisation.code.clone(), mistake));
            } else if let Some(other) = strangers.any {
                self.warnings.push(format!(
                    "{}: {} of its recipients are {other}'s, by their mail domain. Where they are to \
                     get its reports, name their domain under shared_domains in [mail]; else correct \
                     the register.",
                    organisation.code, strangers.number
                ));
            }
        }
        held.extend(claimed_wrongly(&all, path));
        for (code, mistake) in held {
            self.organisations.retain(|one| one.code != code);
            match self
                .faulty
                .iter_mut()
                .find(|row| row.code.as_ref() == Some(&code))
            {
                Some(row) => row.mistakes.push(mistake),
                None => self.faulty.push(FaultyRow {
                    code: Some(code),
                    mistakes: vec![mistake],
                }),
            }
        }
        self
    }
}

/// Former codes that are not an organisation's to continue: another claims them too, or they are in
/// use. Whoever continues an organisation is shown what its reports said.
fn claimed_wrongly(all: &[Organisation], path: &Path) -> Vec<(OrganisationCode, Mistake)> {
    let mut held = Vec::new();
    for organisation in all {
        for former in &organisation.formerly {
            let also = |other: &&Organisation| {
                other.code != organisation.code && other.formerly.contains(former)
            };
            let open = |one: &Organisation| one.code == *former && one.stage != Stage::Closed;
            let why = if *former == organisation.code {
                format!("{former} is its own code: name the codes that it had before")
            } else if let Some(other) = all.iter().find(also) {
                format!(
                    "{former} is claimed by {} too: only one organisation may continue its history",
                    other.code
                )
            } else if all.iter().any(open) {
                format!(
                    "{former} is an organisation of the register that is not closed: close its row, \
                     or take it out"
                )
            } else {
                continue;
            };
            let mistake = Mistake::new(path, None, Some("formerly"), why);
            held.push((organisation.code.clone(), mistake));
        }
    }
    held
}

/// Recipients at a domain that nobody in the register has, and that differs by a letter or two from
/// one of their organisation's own: somebody else may have it, who would read of patients.
fn misspelt_domains(all: &[Organisation], shared: &[Domain]) -> Vec<String> {
    let is_known = |address: &EmailAddress| {
        address.is_within(shared) || all.iter().any(|one| address.is_within(&one.mail_domains))
    };
    let of_one = |organisation: &Organisation| {
        let kinds = ReportKind::ALL.into_iter();
        let recipients = kinds.flat_map(|kind| organisation.recipients(kind));
        let likely = recipients.filter(|one| !is_known(one)).filter_map(|one| {
            let mut own = organisation.mail_domains.iter().map(Domain::as_str);
            let meant = own.find(|own| is_likely_meant(one.domain(), own))?;
            Some((one.domain(), meant))
        });
        let likely: BTreeSet<(&str, &str)> = likely.collect();
        let warning = |(domain, meant): (&str, &str)| {
            format!(
                "{}: it has recipients at {domain}, and its mail domain is {meant}: misspelt, its reports \
                 go to strangers. Correct the register, or, where it is right, name {domain} under \
                 shared_domains in [mail].",
                organisation.code
            )
        };
        likely.into_iter().map(warning).collect::<Vec<_>>()
    };
    let served = all.iter().filter(|one| one.is_served());
    served.flat_map(of_one).collect()
}

/// Domains of fewer letters may differ by one and be two.
const LONG_DOMAIN: usize = 14;

fn is_likely_meant(domain: &str, own: &str) -> bool {
    let letters = strsim::damerau_levenshtein(domain, own);
    letters == 1 || (letters == 2 && own.len() >= LONG_DOMAIN)
}

/// The domains of others that are below one.
fn below<'a>(
    domain: &Domain,
    others: impl Iterator<Item = &'a Organisation>,
) -> Vec<(&'a OrganisationCode, Domain)> {
    let all = others.flat_map(|other| other.mail_domains.iter().map(|own| (&other.code, own)));
    let below = all.filter(|(_, other)| domain.is_above(other));
    below.map(|(code, other)| (code, other.clone())).collect()
}

/// Recipients of an organisation who are another's by their mail domain.
#[derive(Default)]
struct Strangers<'a> {
    number: usize,
    any: Option<&'a OrganisationCode>,
    /// A report that nobody else gets.
    whole_report: Option<(ReportKind, &'a OrganisationCode)>,
}

impl<'a> Strangers<'a> {
    fn of(organisation: &Organisation, all: &'a [Organisation], shared: &[Domain]) -> Self {
        let is_own = |address: &EmailAddress| address.is_within(&organisation.mail_domains);
        let others = |address: &EmailAddress| {
            let is_shared = address.is_within(shared) || is_own(address);
            let owner = |one: &&Organisation| {
                one.code != organisation.code && address.is_within(&one.mail_domains)
            };
            all.iter()
                .find(owner)
                .filter(|_| !is_shared)
                .map(|one| &one.code)
        };
        let mut strangers = Self::default();
        let mut seen = BTreeSet::new();
        for kind in ReportKind::ALL {
            let recipients = organisation.recipients(kind);
            let owners: Vec<_> = recipients.iter().filter_map(others).collect();
            if let Some(owner) = owners.first().copied() {
                strangers.any = Some(owner);
                if owners.len() == recipients.len() {
                    strangers.whole_report = Some((kind, owner));
                }
            }
            seen.extend(recipients.iter().filter(|one| others(one).is_some()));
        }
        strangers.number = seen.len();
        strangers
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheets::Sheet;

    const HEADINGS: &str = "code,name,stage,mail_domains,overall_migration_to,failed_item_to,\
                            switch_readiness_to,subject_lines\n";

    fn register(rows: &str, shared: &[&str]) -> Register {
        let sheet = Sheet::from_delimited(format!("{HEADINGS}{rows}").into_bytes()).unwrap();
        let domains = |names: &[&str]| -> Vec<Domain> {
            names
                .iter()
                .map(|name| Domain::parse(name).unwrap())
                .collect()
        };
        let path = Path::new("organisations.csv");
        Register::read(&sheet, path, &domains(&["example"]))
            .unwrap()
            .kept_apart(path, &domains(shared))
    }

    fn held(register: &Register) -> Vec<&str> {
        let codes = register.faulty.iter().filter_map(|row| row.code.as_ref());
        codes.map(OrganisationCode::as_str).collect()
    }

    #[test]
    fn a_domain_that_holds_anothers_does_not_stand_for_it() {
        let rows = "ZNM,N,pilot,nhs.example,a@nhs.example,,,\n\
                    ZTP,T,pilot,tp.nhs.example,a@tp.nhs.example,,,\n";
        let register = register(rows, &[]);
        assert_eq!(held(&register), Vec::<&str>::new());
        assert!(register.warnings[0].contains("nhs.example holds tp.nhs.example, which is ZTP's"));
        let own = &register.organisations[0].mail_domains[0];
        assert!(own.holds("nm.nhs.example") && !own.holds("tp.nhs.example"));
        assert!(register.organisations[1].mail_domains[0].holds("tp.nhs.example"));
    }

    #[test]
    fn a_domain_that_is_likely_misspelt_is_told() {
        let rows = |domain: &str| {
            format!(
                "ZNM,N,pilot,northmoor.nhs.example,a@northmoor.nhs.example;b@{domain},,,\n\
                 ZTP,T,pilot,northmor.tp.example,a@northmor.tp.example,,,\n"
            )
        };
        for domain in [
            "northmor.nhs.example",
            "nrothmoor.nhs.example",
            "northmoor.nhs.exampel",
        ] {
            let register = register(&rows(domain), &["elsewhere.example"]);
            let told: Vec<&String> = register.warnings.iter().collect();
            if domain.ends_with("exampel") {
                // It is not allowed at all.
                assert_eq!((told.len(), register.faulty_addresses.len()), (0, 1));
                continue;
            }
            let words =
                format!("ZNM: it has recipients at {domain}, and its mail domain is northmoor");
            assert!(told[0].starts_with(&words), "{told:?}");
            assert!(register.faulty.is_empty());
        }
        for domain in [
            "northmoor.nhs.example",
            "x.northmoor.nhs.example",
            "nhs.example",
            "elsewhere.example",
        ] {
            let register = register(&rows(domain), &["elsewhere.example"]);
            assert_eq!(register.warnings, Vec::<String>::new(), "{domain}");
        }
        let shared = register(&rows("northmor.nhs.example"), &["northmor.nhs.example"]);
        assert_eq!(shared.warnings, Vec::<String>::new());
    }

    #[test]
    fn a_domain_that_is_everybodys_holds_its_organisation() {
        let rows = "ZNM,N,pilot,example,a@nm.example,,,\nZTP,T,pilot,tp.example,a@tp.example,,,\n";
        assert_eq!(held(&register(rows, &[])), ["ZNM"]);
        // One that several share is nobody's mistake.
        let rows = "ZNM,N,pilot,net.example,a@net.example,,,\n\
                    ZTP,T,pilot,net.example,b@net.example,,,\n";
        let register = register(rows, &[]);
        assert!(register.faulty.is_empty() && register.warnings.is_empty());
    }

    #[test]
    fn recipients_of_two_rows_that_were_mixed_up_hold_both() {
        let rows =
            "ZNM,N,pilot,nm.example,a@tp.example,,,\nZTP,T,pilot,tp.example,a@nm.example,,,\n";
        assert_eq!(held(&register(rows, &[])), ["ZNM", "ZTP"]);
        assert_eq!(held(&register(rows, &["tp.example"])), ["ZTP"]);
        let rows = "ZNM,N,pilot,nm.example,a@nm.example;b@tp.example,,,\n\
                    ZTP,T,pilot,tp.example,a@tp.example;c@service.example,,,\n";
        let warned = register(rows, &[]);
        assert!(warned.faulty.is_empty());
        assert!(warned.warnings[0].starts_with("ZNM: 1 of its recipients are ZTP's"));
        assert_eq!(warned.warnings.len(), 1);
    }
}
