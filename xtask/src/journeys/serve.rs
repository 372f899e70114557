//! A real instance: `init`, `app add`, `serve` over TLS, and an SMTP server that requires STARTTLS.

use anyhow::Result;

use crate::report::Outcome;

pub(super) fn run() -> Result<Outcome> {
    anyhow::bail!("written against the command line when it lands")
}
