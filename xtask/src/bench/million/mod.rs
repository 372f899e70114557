//! A directory of a million people beside one of ten thousand, and beside `OpenLDAP` with the same
//! people.
#![expect(
    clippy::print_stdout,
    reason = "the tools talk to a person at a terminal"
)]

mod chart;
pub(super) mod custom;
mod fair;
mod ldap;
mod loaded;
mod people;
mod questions;
mod slapd;

use std::sync::LazyLock;
use std::time::Duration;

use anyhow::Result;

use self::chart::Bar;
use self::loaded::Loaded;
pub(super) use self::people::Person;
use self::questions::Question;
use self::slapd::Slapd;
use super::figures::median;
use super::load::{self, Protocol};
use super::process;
use crate::shell;

/// The small directory, for what an index ought to make of size.
const SMALL: u64 = 10_000;
/// The large one. `VESTIBULE_BENCH_PEOPLE` makes it smaller, to see whether the measuring works.
static LARGE: LazyLock<u64> = LazyLock::new(|| {
    let asked = std::env::var("VESTIBULE_BENCH_PEOPLE").ok();
    asked
        .and_then(|people| people.parse().ok())
        .unwrap_or(1_000_000)
});
/// People imported beside a running server.
const MORE: u64 = 20_000;
/// Connections of the reading questions: enough to keep both cores busy.
const READERS: u32 = 16;
/// Requests of each reading connection that are written before the clock runs: what it takes to
/// make one up would otherwise be measured as the server's slowness, and the faster server's the
/// more.
const WRITTEN_AHEAD: u64 = 4_000;
/// Connections of the adding ones.
const WRITERS: u32 = 64;
/// One slice of an alternating measurement.
const SLICE: Duration = Duration::from_secs(2);
/// Slices of each side.
const ROUNDS: u32 = 5;

/// Measures everything and prints it.
///
/// # Errors
/// A server did not start or did not answer as it must.
pub(super) fn run() -> Result<()> {
    let folder = shell::target().join("bench");
    std::fs::create_dir_all(&folder)?;
    let small = Loaded::load(SMALL)?;
    let large = Loaded::load(*LARGE)?;
    for directory in [&small, &large] {
        directory.tell()?;
    }
    let mut bars = size(&small, &large, questions::ALL)?;
    memory(&large)?;
    fair::run(&large)?;
    let beside = small.import_beside(MORE)?;
    println!("  import of {MORE} into a live directory of {SMALL}: {beside:.0}/s (aim >= 5,000)");
    if Slapd::is_here() {
        bars.extend(beside_ldap(&large)?);
    } else {
        println!("  OpenLDAP is not here: apt-get install slapd");
    }
    let at = folder.join("million.svg");
    std::fs::write(&at, chart::draw(&bars, &process::machine()))?;
    println!("  chart: {}", at.display());
    Ok(())
}

/// Each question at both sizes: how much more a request costs with a hundred times the people.
fn size(small: &Loaded, large: &Loaded, asked: &[&Question]) -> Result<Vec<Bar>> {
    println!(
        "\n  question                                    at 10,000          at 1,000,000      CPU ratio (aim < 2)"
    );
    let mut bars = Vec::new();
    for question in asked {
        let (mut rates, mut costs) = ((Vec::new(), Vec::new()), (Vec::new(), Vec::new()));
        for _ in 0..ROUNDS {
            let (rate, cost) = slice(small, question)?;
            rates.0.push(rate);
            costs.0.push(cost);
            let (rate, cost) = slice(large, question)?;
            rates.1.push(rate);
            costs.1.push(cost);
        }
        let (few, many) = (median(&mut costs.0), median(&mut costs.1));
        let ratio = many / few;
        println!(
            "  {:<40} {:>8.0}/s {few:>7.1} us {:>8.0}/s {many:>7.1} us   {ratio:.2}",
            question.name,
            median(&mut rates.0),
            median(&mut rates.1),
        );
        bars.push(Bar::at_most(question.name, ratio, 2.0));
    }
    Ok(bars)
}

/// Rate, and the server's CPU time for each answer in microseconds.
fn slice(directory: &Loaded, question: &Question) -> Result<(f64, f64)> {
    let request = (question.prepare)(directory)?;
    measure(
        directory.target.at,
        directory.target.dev.pid(),
        READERS,
        load::http(&[200]),
        ahead(request),
    )
}

/// The same requests, written before anything is measured, and over again from the first.
fn ahead(request: impl Fn(u32, u64) -> Vec<u8>) -> impl Fn(u32, u64) -> Vec<u8> + Send + Sync {
    let of = |connection| {
        (0..WRITTEN_AHEAD)
            .map(|number| request(connection, number))
            .collect::<Vec<_>>()
    };
    let written: Vec<Vec<Vec<u8>>> = (0..READERS).map(of).collect();
    move |connection, number| {
        let own = &written[connection as usize];
        own[(number % WRITTEN_AHEAD) as usize].clone()
    }
}

fn measure(
    at: std::net::SocketAddr,
    pid: u32,
    connections: u32,
    protocol: Protocol,
    request: impl Fn(u32, u64) -> Vec<u8> + Send + Sync + 'static,
) -> Result<(f64, f64)> {
    let before = process::cpu_seconds(pid)?;
    let counted = load::run(at, connections, SLICE, protocol, request)?;
    let cpu = process::cpu_seconds(pid)? - before;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 answers")]
    let each = cpu * 1e6 / counted.answers as f64;
    Ok((counted.rate(), each))
}

fn memory(large: &Loaded) -> Result<()> {
    let (all, private) = process::memory(large.target.dev.pid())?;
    println!(
        "  memory after all questions: {all:.1} MB resident, {private:.1} MB of it private (aim <= 64 MB)"
    );
    Ok(())
}

/// The same work, one directory after the other, in alternating slices.
fn beside_ldap(large: &Loaded) -> Result<Vec<Bar>> {
    let folder = tempfile::tempdir_in(shell::target())?;
    let took = Slapd::load(folder.path(), *LARGE)?;
    #[expect(clippy::cast_precision_loss, reason = "far below 2^52 people")]
    let theirs = *LARGE as f64 / took.as_secs_f64();
    println!("\n  beside OpenLDAP (slapd, mdb, durable writes) with the same people");
    let bulk = large.rate / theirs;
    println!(
        "  bulk load: {:.0}/s against slapadd -q {theirs:.0}/s: {bulk:.1} times (aim >= 5)",
        large.rate
    );
    let slapd = Slapd::start(folder.path())?;
    let mut bars = vec![Bar::at_least("bulk load", bulk, 5.0)];
    let kinds: [(&str, &Question, &'static [u16], u32, f64); 2] = [
        (
            "point read by an indexed attribute",
            &questions::BY_UPN,
            &[0],
            0,
            2.0,
        ),
        ("prefix search of 100", &questions::PREFIX, &[0, 4], 1, 6.0),
    ];
    for (name, question, wanted, kind, aim) in kinds {
        let protocol = Protocol {
            measure: ldap::measured,
            wanted,
        };
        let (mut ours, mut theirs) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            ours.push(slice(large, question)?.0);
            let rate = measure(
                slapd.at,
                slapd.pid(),
                READERS,
                protocol,
                ahead(move |connection, number| {
                    let person = questions::somebody(connection, number, *LARGE);
                    if kind == 0 {
                        ldap::search(slapd::SUFFIX, &ldap::Sought::Equal("uid", &person.local), 0)
                    } else {
                        let prefix = questions::prefix(&person, *LARGE);
                        ldap::search(slapd::SUFFIX, &ldap::Sought::Prefix("cn", &prefix), 100)
                    }
                }),
            )?;
            theirs.push(rate.0);
        }
        bars.push(print_ratio(
            name,
            median(&mut ours),
            median(&mut theirs),
            aim,
        ));
    }
    bars.push(adds(large, &slapd)?);
    Ok(bars)
}

fn print_ratio(name: &'static str, ours: f64, theirs: f64, aim: f64) -> Bar {
    let times = ours / theirs;
    println!("  {name}: {ours:.0}/s against {theirs:.0}/s: {times:.1} times (aim >= {aim})");
    Bar::at_least(name, times, aim)
}

/// Durable additions at 64 connections, without passwords.
fn adds(large: &Loaded, slapd: &Slapd) -> Result<Bar> {
    let disk = process::fdatasync_rate(&large.target.dev.dir())?;
    let (mut ours, mut theirs, mut per_cpu) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        let request = questions::add(large, round);
        let pid = large.target.dev.pid();
        let (rate, cost) = measure(large.target.at, pid, WRITERS, load::http(&[201]), request)?;
        ours.push(rate);
        per_cpu.push(1e6 / cost);
        let protocol = Protocol {
            measure: ldap::measured,
            wanted: &[0],
        };
        let request = move |connection: u32, number: u64| {
            if number == 0 {
                return ldap::bind(slapd::ADMIN, slapd::PASSWORD);
            }
            let person = fresh(round, connection, number);
            let name = format!("uid={},{}", person.local, slapd::SUFFIX);
            let mut attributes = person.attributes();
            attributes.push(("objectClass", "inetOrgPerson".to_owned()));
            ldap::add(&name, &attributes)
        };
        theirs.push(measure(slapd.at, slapd.pid(), WRITERS, protocol, request)?.0);
    }
    let (rate, cpu) = (median(&mut ours), median(&mut per_cpu));
    println!(
        "  durable add at 64 connections: {rate:.0}/s, {cpu:.0} per server CPU-second (aim >= the lesser of 1.5 x {disk:.0} \
         fdatasync/s and 4,000 per CPU-second)"
    );
    Ok(print_ratio(
        "durable add, 64 connections",
        rate,
        median(&mut theirs),
        15.0,
    ))
}

/// Somebody whom no directory has yet.
fn fresh(round: u32, connection: u32, number: u64) -> Person {
    let place = (u64::from(round) * u64::from(WRITERS) + u64::from(connection)) << 32 | number;
    Person::new(*LARGE + place)
}
