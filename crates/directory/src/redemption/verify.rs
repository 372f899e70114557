//! Typing the code (T-8 to T-11, T-24).

use icu_normalizer::ComposingNormalizerBorrowed;
use jiff::Timestamp;
use store::{AuditResult, Guess, Guessed, Tx};

use super::code::code_mac;
use super::gate::{RedemptionState, Rows};
use super::{Closed, Session, StepContext};
use crate::directory::Directory;
use crate::invitations::redirect::AllowedHosts;
use crate::quota::{self, CODE, LONG_CODE, WRONG_PER_CODE};
use crate::refusal::Refusal;

/// Longest text that is read: twelve digits with separators between them, twice over.
const MAX_TYPED: usize = 96;

/// The outcome of a typed code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verified {
    /// Right: the mailbox is proven. The session has a new secret from here on (T-24).
    Proven {
        /// Put this one into the cookie.
        session: Session,
    },
    /// "That code is not right": wrong, used, expired, or another session's. The page is the same
    /// for all (T-10, T-11).
    NotRight,
    /// Not as many digits as a code has, or nothing: not counted as a guess.
    Malformed,
    /// The fifth wrong guess, or one more: this code is void, a new one is needed (429).
    Void,
    /// Too many wrong guesses were made for the address, in any browser. Codes of 8 digits are not
    /// compared any more today, also that of this session; a longer one is needed (429).
    Outdated,
    /// The link is closed.
    Closed(Closed),
}

struct VerifyCode {
    step: StepContext,
    old: [u8; 32],
    new: Session,
    mac: [u8; 32],
    /// How many digits were typed.
    digits: usize,
    allowed: AllowedHosts,
    now: Timestamp,
}

impl Directory {
    /// Compares a typed code; spaces and dashes in it do not matter.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be written.
    pub async fn verify_code(&self, step: StepContext, typed: &str) -> Result<Verified, Refusal> {
        let Some(tenant) = self.redemption_host(step.tenant()).await? else {
            return Ok(Verified::Closed(Closed::NotValid));
        };
        let old = step.session.hash();
        let now = self.expiry_now_saved().await?;
        let Some(code) = digits(typed) else {
            let reader = self.store().read(step.tenant());
            let rows = reader
                .snapshot(async |on| Rows::read(on, &step.link, Some(&old)).await)
                .await?;
            let judged = rows.judge(&step.link, &tenant.allowed, now);
            return Ok(judged.err().map_or(Verified::Malformed, Verified::Closed));
        };
        let command = VerifyCode {
            mac: code_mac(self, &step, &old, &code),
            digits: code.len(),
            new: Session::new(self.ids()),
            allowed: tenant.allowed,
            now,
            step,
            old,
        };
        let tenant = command.step.tenant();
        // Every outcome is `Ok`: an error would roll the count of guesses back.
        self.store()
            .write(tenant, command, |tx, command| Box::pin(command.run(tx)))
            .await
    }
}

impl VerifyCode {
    async fn run(&self, tx: &mut Tx) -> Result<Verified, Refusal> {
        let rows = Rows::read(tx, &self.step.link, Some(&self.old)).await?;
        let state = match rows.judge(&self.step.link, &self.allowed, self.now) {
            Ok(state) => state,
            Err(closed) => return Ok(Verified::Closed(closed)),
        };
        let key = &state.invitation.address_key;
        // Codes of 8 digits are not compared once the address has had its share of wrong guesses,
        // because the odds of all guesses together are bounded (T-8). Longer codes always are, so
        // that a stranger's guesses do not lock the guest out (T-12).
        if self.digits < quota::code_digits(tx, key, self.now).await? {
            return Ok(Verified::Outdated);
        }
        let guess = Guess {
            session: self.old,
            invitation: state.invitation.id,
            mac: self.mac,
            now: self.now,
            max_wrong: WRONG_PER_CODE,
        };
        match tx.guess_code(&guess).await? {
            Guessed::Right => self.proven(tx, &state).await,
            Guessed::Wrong(wrong) => {
                // A wrong longer code tells nothing about those of 8 digits.
                if self.digits == CODE {
                    quota::count_wrong(tx, key, self.now).await?;
                }
                self.record(tx, &state, AuditResult::Failure);
                Ok(if wrong < WRONG_PER_CODE {
                    Verified::NotRight
                } else {
                    Verified::Void
                })
            }
            Guessed::NotCompared => {
                let void = state
                    .redemption
                    .as_ref()
                    .is_some_and(|row| row.code_mac.is_some() && row.wrong >= WRONG_PER_CODE);
                Ok(if void {
                    Verified::Void
                } else {
                    Verified::NotRight
                })
            }
        }
    }

    async fn proven(&self, tx: &mut Tx, state: &RedemptionState) -> Result<Verified, Refusal> {
        tx.rotate_session(&self.old, state.invitation.id, &self.new.hash())
            .await?;
        self.record(tx, state, AuditResult::Success);
        Ok(Verified::Proven {
            session: self.new.clone(),
        })
    }

    fn record(&self, tx: &mut Tx, state: &RedemptionState, result: AuditResult) {
        tx.audit(self.step.record(
            self.now,
            &state.invitation,
            "Verify redemption code",
            result,
        ));
    }
}

/// The eight or twelve digits in a typed or pasted text: spaces and dashes are dropped, full-width
/// digits of an input method count.
fn digits(typed: &str) -> Option<String> {
    if typed.len() > MAX_TYPED {
        return None;
    }
    let plain = ComposingNormalizerBorrowed::new_nfkc().normalize(typed);
    let is_filler =
        |c: &char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}');
    let code: String = plain.chars().filter(|c| !is_filler(c)).collect();
    ([CODE, LONG_CODE].contains(&code.len()) && code.bytes().all(|b| b.is_ascii_digit()))
        .then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_as_people_type_them() {
        for (typed, expected) in [
            ("12345678", Some("12345678")),
            (" 1234 5678\n", Some("12345678")),
            ("1234-5678", Some("12345678")),
            ("1234\u{2013}5678", Some("12345678")),
            ("１２３４５６７８", Some("12345678")),
            ("1234\u{a0}5678", Some("12345678")),
            ("", None),
            ("1234567", None),
            ("123456789", None),
            ("1234567a", None),
            ("１２３４５６７", None),
            ("1234 5678 9012", Some("123456789012")),
            ("1234567890123", None),
            ("12345678' or '1'='1", None),
            (&"1 ".repeat(50), None),
        ] {
            assert_eq!(digits(typed).as_deref(), expected, "{typed:?}");
        }
    }
}
