use super::*;
use Step::{Content, Data, End, Greeting, LogIn, Recipient, Sender};

fn judged(step: Step, answer: &str) -> About {
    judge(step, &answer.parse().unwrap())
}

/// Every permanent refusal of a sender that Microsoft, Postfix, Exim, Sendmail and Gmail are known
/// to say, wherever it comes.
#[test]
fn what_is_the_senders_is_told_at_every_step() {
    for answer in [
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender",
        "554 5.2.252 SendAsDenied; a@nhs.example not allowed to send as b@nhs.example; \
         STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied; Failed to \
         process message due to a permanent exception",
        "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
        "554 5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException",
        "554 5.2.0 STOREDRV.Submission.Exception:QuotaExceededException.MapiExceptionShutoffQuotaExceeded",
        "550 5.2.251 Sender throttled due to continuous mailbox full errors",
        "550 5.2.252 Sender throttled due to continuous send as denied errors",
        "550 5.2.253 Sender throttled due to continuous invalid license errors",
        "550 5.1.8 Access denied, bad outbound sender AS(42004)",
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message \
         recipients",
        "550 5.7.233 Your message can't be sent because your tenant exceeded its daily limit",
        "550 5.7.501 Access denied, spam abuse detected",
        "550 5.7.502 Access denied, banned sender",
        "550 5.7.509 Access denied, sending domain does not pass DMARC verification",
        "550 5.7.606 Access denied, banned sending IP [192.0.2.1]",
        "550 5.7.705 Access denied, tenant has exceeded threshold",
        "550 5.7.708 Access denied, traffic not accepted from this IP",
        "550 5.7.750 Service unavailable. Client blocked from sending from unregistered domains",
        "550 5.7.54 SMTP; Unable to relay recipient in non-accepted domain",
        "550 5.7.64 TenantAttribution; Relay Access Denied",
        "550 5.7.1 Unable to relay",
        "554 5.7.1 <c@nhs.example>: Relay access denied",
        "550 5.7.1 <c@nhs.example>... Relaying denied",
        "550 relay not permitted",
        "553 5.7.1 <a@nhs.example>: Sender address rejected: not owned by user b",
        "550 5.4.5 Daily user sending limit exceeded",
    ] {
        for step in [Sender, Recipient, Data, Content, End] {
            assert!(
                matches!(judged(step, answer), About::Sender(_)),
                "{step:?} {answer}: {:?}",
                judged(step, answer)
            );
        }
    }
    for (step, answer) in [
        (Sender, "503 5.5.1 Bad sequence of commands"),
        (Sender, "502 5.5.2 command not implemented"),
        (Data, "503 5.5.1 no valid recipients"),
        (End, "552 5.2.2 mailbox full"),
        (Sender, "550 5.1.0 Sender denied"),
    ] {
        assert!(
            matches!(judged(step, answer), About::Sender(_)),
            "{step:?} {answer}"
        );
    }
}

#[test]
fn a_log_in_is_told_wherever_it_is_asked_for() {
    for (step, answer) in [
        (LogIn, "535 5.7.3 Authentication unsuccessful"),
        (
            LogIn,
            "535 5.7.139 Authentication unsuccessful, the user is locked by policy",
        ),
        (LogIn, "550 anything"),
        (Sender, "530 5.7.57 Client not authenticated to send mail"),
        (Sender, "530 5.7.0 Authentication required"),
        (
            End,
            "550 5.7.30 Basic authentication is not supported for Client Submission",
        ),
    ] {
        assert!(
            matches!(judged(step, answer), About::LogIn(_)),
            "{step:?} {answer}"
        );
    }
    assert_eq!(judged(LogIn, "454 4.7.0 Temporary failure"), About::Server);
}

#[test]
fn what_is_the_recipients_refuses_the_recipient_alone() {
    for answer in [
        "550 5.1.1 no such user",
        "550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found",
        "550 5.1.1 <c@unable.to.relay.example> unknown",
        "550 5.1.0 address unknown",
        "552 5.2.2 mailbox full",
        "550 5.2.1 mailbox disabled",
        "550 5.4.1 Recipient address rejected: Access denied",
        "550 5.7.133 RESOLVER.RST.SenderNotAuthenticatedForGroup",
        "550 no such user here",
        "553 not a mailbox",
        "450 4.2.1 greylisted",
        "432 4.3.2 STOREDRV.Deliver; recipient thread limit exceeded",
    ] {
        assert_eq!(judged(Recipient, answer), About::Recipient, "{answer}");
    }
}

#[test]
fn what_only_the_message_can_have_is_not_known_to_be_the_senders_or_the_recipients() {
    for (step, answer) in [
        (Sender, "552 5.3.4 message size exceeds fixed limit"),
        (Sender, "552 too big"),
        (End, "554 5.7.1 looks like spam"),
        (End, "550 5.6.0 not conforming"),
        (End, "554 transaction failed"),
        (Content, "552 too much data"),
        (Recipient, "554 5.7.1 denied"),
    ] {
        assert_eq!(judged(step, answer), About::Message, "{step:?} {answer}");
    }
}

#[test]
fn whoever_comes_too_fast_is_told_so() {
    for answer in [
        "432 4.3.2 Concurrent connections limit exceeded",
        "432 4.3.2 STOREDRV.ClientSubmit; sender thread limit exceeded",
        "451 4.7.500 Server busy. Please try again later",
        "451 5.7.650 Access denied, please try again later",
        "452 4.5.3 Too many recipients",
        "421 4.4.2 closing",
        "421 anything",
        "454 Throttling failure: Maximum sending rate exceeded",
    ] {
        for step in [Greeting, LogIn, Sender, Recipient, Data, End] {
            assert_eq!(judged(step, answer), About::Pace, "{step:?} {answer}");
        }
    }
}
