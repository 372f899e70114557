//! What is given to people, tried from the files: unpacked, installed by the package managers, run
//! without a distribution.

use std::io::Read as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use flate2::read::GzDecoder;

use crate::report::Outcome;
use crate::{dist, shell};

/// Packs the release binary that is there, and tries every file.
pub(super) fn run() -> Result<Outcome> {
    let temporary = tempfile::tempdir()?;
    let folder = temporary.path();
    let out = folder.join("files");
    let files = dist::run(Some(super::binary()?), Some(out.clone()))?;
    let file = |end: &str| -> Result<PathBuf> {
        let found = files
            .iter()
            .find(|path| path.to_string_lossy().ends_with(end));
        found.cloned().with_context(|| format!("no file *{end}"))
    };
    shell::run(
        Command::new("sha256sum")
            .args(["--check", "--quiet", "SHA256SUMS"])
            .current_dir(&out),
    )?;
    let again = folder.join("again");
    dist::run(Some(super::binary()?), Some(again.clone()))?;
    ensure!(
        std::fs::read(again.join("SHA256SUMS"))? == std::fs::read(out.join("SHA256SUMS"))?,
        "the same build made other bytes"
    );

    let mut tried = vec!["archive"];
    archive(&file(".tar.gz")?, folder)?;
    if shell::has("dpkg-deb") {
        debian(&file(".deb")?, folder)?;
        tried.push("deb");
    }
    if shell::has("python3") {
        wheel(&file(".whl")?, folder)?;
        tried.push("wheel");
    }
    if shell::has("npm") {
        npm(&file(".tgz")?, folder)?;
        tried.push("npm");
    }
    tried.push(image(&file(".tar")?, folder)?);
    Ok(Outcome::Passed(tried.join(", ")))
}

fn archive(file: &Path, folder: &Path) -> Result<()> {
    let place = folder.join("archive");
    std::fs::create_dir(&place)?;
    unpack(file, &place)?;
    let inner = std::fs::read_dir(&place)?.next().context("it is empty")??;
    for name in [
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "README.md",
        "vestibule.service",
    ] {
        ensure!(inner.path().join(name).is_file(), "{name} is missing");
    }
    is_ours(&inner.path().join("vestibule"))
}

fn debian(file: &Path, folder: &Path) -> Result<()> {
    let told = |what: &str| shell::read(Command::new("dpkg-deb").arg(what).arg(file));
    let info = told("--info")?;
    for line in [
        "Package: vestibule",
        "Architecture: amd64",
        "postinst",
        "prerm",
    ] {
        ensure!(info.contains(line), "{line:?} is not in\n{info}");
    }
    let contents = told("--contents")?;
    for line in [
        "./usr/bin/vestibule",
        "./usr/lib/systemd/system/vestibule.service",
        "./usr/lib/sysusers.d/vestibule.conf",
        "drwxr-x--- root/root",
        "./etc/vestibule/",
    ] {
        ensure!(contents.contains(line), "{line:?} is not in\n{contents}");
    }
    let place = folder.join("debian");
    shell::run(
        Command::new("dpkg-deb")
            .arg("--extract")
            .arg(file)
            .arg(&place),
    )?;
    let scripts = folder.join("scripts");
    shell::run(
        Command::new("dpkg-deb")
            .arg("--control")
            .arg(file)
            .arg(&scripts),
    )?;
    for script in ["postinst", "prerm"] {
        shell::run(Command::new("sh").arg("-n").arg(scripts.join(script)))?;
    }
    is_ours(&place.join("usr/bin/vestibule"))
}

fn wheel(file: &Path, folder: &Path) -> Result<()> {
    let place = folder.join("python");
    shell::run(Command::new("python3").args(["-m", "venv"]).arg(&place))?;
    let mut pip = Command::new(place.join("bin/python"));
    pip.args(["-m", "pip", "install", "--quiet", "--no-index"]);
    shell::run(pip.arg("--disable-pip-version-check").arg(file))?;
    let program = place.join("bin/vestibule");
    is_ours(&program)?;
    answers(&program, &folder.join("python-dev"))
}

fn npm(file: &Path, folder: &Path) -> Result<()> {
    let place = folder.join("npm");
    std::fs::create_dir(&place)?;
    let mut npm = Command::new("npm");
    npm.args([
        "install",
        "--silent",
        "--offline",
        "--no-audit",
        "--no-fund",
    ]);
    shell::run(npm.arg("--prefix").arg(&place).arg(file))?;
    let program = place.join("node_modules/.bin/vestibule");
    is_ours(&program)?;
    answers(&program, &folder.join("npm-dev"))
}

/// The image: each blob is what its name says, and the program runs with nothing below it but the
/// layer.
fn image(file: &Path, folder: &Path) -> Result<&'static str> {
    let place = folder.join("image");
    std::fs::create_dir(&place)?;
    shell::run(
        Command::new("tar")
            .arg("-xf")
            .arg(file)
            .arg("-C")
            .arg(&place),
    )?;
    let read = |path: &str| -> Result<serde_json::Value> {
        let text = std::fs::read(place.join(path)).with_context(|| path.to_owned())?;
        Ok(serde_json::from_slice(&text)?)
    };
    let blob = |digest: &serde_json::Value| -> Result<String> {
        let digest = digest
            .as_str()
            .and_then(|text| text.strip_prefix("sha256:"));
        Ok(format!("blobs/sha256/{}", digest.context("no digest")?))
    };
    ensure!(read("oci-layout")?["imageLayoutVersion"] == "1.0.0");
    let manifest = read(&blob(&read("index.json")?["manifests"][0]["digest"])?)?;
    let (config, layer) = (
        blob(&manifest["config"]["digest"])?,
        blob(&manifest["layers"][0]["digest"])?,
    );
    let listed = &read("manifest.json")?[0];
    ensure!(listed["Config"] == config.as_str() && listed["Layers"][0] == layer.as_str());
    for entry in std::fs::read_dir(place.join("blobs/sha256"))? {
        let path = entry?.path();
        let sum = shell::read(Command::new("sha256sum").arg(&path))?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        ensure!(sum.starts_with(&*name), "{name}: another sum");
    }
    let config = read(&config)?;
    let settings = &config["config"];
    ensure!(settings["User"] == "65532:65532", "not without rights");
    ensure!(settings["Volumes"]["/data"].is_object());
    ensure!(settings["Healthcheck"]["Test"][2] == "ready");
    let mut plain = Vec::new();
    GzDecoder::new(&*std::fs::read(place.join(&layer))?).read_to_end(&mut plain)?;
    let tar = folder.join("layer.tar");
    std::fs::write(&tar, plain)?;
    let sum = shell::read(Command::new("sha256sum").arg(&tar))?;
    let diff = config["rootfs"]["diff_ids"][0].as_str().unwrap_or_default();
    ensure!(diff.trim_start_matches("sha256:") == sum.split(' ').next().unwrap_or_default());

    let root = folder.join("root");
    std::fs::create_dir(&root)?;
    shell::run(
        Command::new("tar")
            .arg("-xf")
            .arg(&tar)
            .arg("-C")
            .arg(&root),
    )?;
    let mode = std::fs::metadata(root.join("data"))?.permissions().mode();
    ensure!(mode & 0o777 == 0o700, "/data is open to others: {mode:o}");
    let mut inside = Command::new("chroot");
    inside.arg(&root).args(["/usr/bin/vestibule", "--version"]);
    match inside.output() {
        Ok(said) if said.status.success() => Ok("image (run in its own root)"),
        Ok(said) => {
            let said = String::from_utf8_lossy(&said.stderr).into_owned();
            // Only root may change the root; at a desk the layout has been looked at, and that is
            // all.
            ensure!(said.contains("not permitted"), "in the image: {said}");
            Ok("image (not run: only root may)")
        }
        Err(_) => Ok("image (not run: chroot is missing)"),
    }
}

fn unpack(file: &Path, place: &Path) -> Result<()> {
    shell::run(
        Command::new("tar")
            .arg("-xzf")
            .arg(file)
            .arg("-C")
            .arg(place),
    )
}

/// Whether it is the program, and starts.
fn is_ours(program: &Path) -> Result<()> {
    let said = shell::read(Command::new(program).arg("--version"))?;
    let expected = format!("vestibule {}", env!("CARGO_PKG_VERSION"));
    ensure!(said.trim() == expected, "{}: {said}", program.display());
    Ok(())
}

/// A started `dev`, ended when it goes.
struct Started(Child);

impl Drop for Started {
    fn drop(&mut self) {
        let _gone = (self.0.kill(), self.0.wait());
    }
}

/// Whether `vestibule dev` of that program becomes ready.
fn answers(program: &Path, dir: &Path) -> Result<()> {
    let free = || -> Result<u16> {
        Ok(std::net::TcpListener::bind("127.0.0.1:0")?
            .local_addr()?
            .port())
    };
    let (http, https) = (free()?, free()?);
    let child = Command::new(program)
        .args(["dev", "--http", &format!("127.0.0.1:{http}")])
        .args(["--https", &format!("127.0.0.1:{https}"), "--dir"])
        .arg(dir)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()?;
    let _started = Started(child);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(30) {
        let mut ready = Command::new(program);
        ready.args(["ready", "--at", &format!("127.0.0.1:{http}")]);
        if ready
            .stderr(Stdio::null())
            .stdout(Stdio::null())
            .status()?
            .success()
        {
            return Ok(());
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("{} dev did not become ready", program.display());
}
