use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

/// The permission that a token for Exchange Online must carry.
const ROLE: &str = "SMTP.SendAsApp";
/// Whom a token for Exchange Online must be meant for: its names and its number.
const AUDIENCES: [&str; 3] = [
    "https://outlook.office365.com",
    "https://outlook.office.com",
    "00000002-0000-0ff1-ce00-000000000000",
];

/// What Microsoft's tokens say of themselves (learn.microsoft.com,
/// identity-platform/access-token-claims-reference). They are read to find a mistake in the set-up,
/// and believed by nobody.
#[derive(Deserialize)]
struct Claims {
    aud: String,
    tid: String,
    appid: String,
    oid: Option<String>,
    #[serde(default)]
    roles: Vec<String>,
}

/// Why Exchange Online does not believe a token that it was given, and what to do; `None` where the
/// token is of another kind.
pub(in super::super) fn advice(token: &str, token_url: &str) -> Option<String> {
    let payload = BASE64_URL_SAFE_NO_PAD
        .decode(token.split('.').nth(1)?)
        .ok()?;
    let claims: Claims = serde_json::from_slice(&payload).ok()?;
    let tenant = token_url.split('/').nth(3).unwrap_or_default();
    let is_number = tenant.len() == 36 && tenant.contains('-');
    let audience = claims.aud.trim_end_matches('/');
    if !AUDIENCES.contains(&audience) {
        return Some(format!(
            "the token is for {audience}: write scope = \"https://outlook.office365.com/.default\" \
             under [mail.smtp.oauth]"
        ));
    }
    if is_number && !tenant.eq_ignore_ascii_case(&claims.tid) {
        return Some(format!(
            "the token is of the tenant {}, and token_url names another: check token_url",
            claims.tid
        ));
    }
    if !claims.roles.iter().any(|role| role == ROLE) {
        return Some(format!(
            "the token does not carry {ROLE}: add that application permission of Office 365 \
             Exchange Online to the app registration, and have an administrator consent"
        ));
    }
    // What an enterprise application is called by Exchange: the object ID of the app registration,
    // which looks the same, is the usual mistake.
    let object = claims.oid.unwrap_or_else(|| "OBJECT-ID".to_owned());
    Some(format!(
        "the token is as it must be, so Exchange does not know the application for this mailbox, or \
         authenticated SMTP is off: in Exchange Online PowerShell, New-ServicePrincipal -AppId {} \
         -ObjectId {object}; Add-MailboxPermission for it with FullAccess to the account; \
         Set-CASMailbox with -SmtpClientAuthenticationDisabled $false for the account. It may take \
         an hour to count",
        claims.appid
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    const TENANT: &str = "11111111-2222-3333-4444-555555555555";

    fn told(audience: &str, tenant: &str, roles: &str) -> String {
        let claims = format!(
            r#"{{"aud":"{audience}","tid":"{tenant}","appid":"app","oid":"enterprise","roles":[{roles}]}}"#
        );
        let token = format!("e30.{}.x", BASE64_URL_SAFE_NO_PAD.encode(claims));
        let url = format!("https://login.microsoftonline.com/{TENANT}/oauth2/v2.0/token");
        advice(&token, &url).unwrap()
    }

    #[test]
    fn the_claims_of_a_token_name_the_mistake() {
        let (exchange, role) = ("https://outlook.office365.com", "\"SMTP.SendAsApp\"");
        for (told, words) in [
            (told("https://graph.microsoft.com", TENANT, role), "scope ="),
            (told(exchange, "another", role), "check token_url"),
            (told(exchange, TENANT, ""), "SMTP.SendAsApp"),
            (told(exchange, TENANT, "\"Mail.Send\""), "consent"),
            (
                told(exchange, TENANT, role),
                "-AppId app -ObjectId enterprise",
            ),
        ] {
            assert!(told.contains(words), "{told}");
        }
        for other in ["", "opaque", "a.b.c", "e30.e30.x"] {
            assert_eq!(advice(other, "https://accounts.example/token"), None);
        }
    }
}
