//! A container image, written without a daemon: the layout of the Open Container Initiative in one
//! tar archive, with the list beside it that `docker load` of any age reads.
//!
//! The image has no distribution below it. It holds the program, the shared objects it is loaded
//! with where it has such, the certificate authorities for the mail server, and a user.

use std::path::Path;

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use super::program::Program;
use super::tar::{Owner, ROOT, Tar, gzip};
use super::{About, SENTENCE, hex};

/// Who the server is in the image: not root, and no number that the host gives to people.
const USER: Owner = Owner(65_532);
/// Where a distribution keeps the authorities that it trusts.
const AUTHORITIES: &str = "/etc/ssl/certs/ca-certificates.crt";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar+gzip";
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";

/// The archive's name and its bytes.
pub(super) fn archive(about: &About, program: &Program) -> Result<(String, Vec<u8>)> {
    let plain = layer(about, program)?;
    let diff = hex(&plain);
    let layer = gzip(&plain)?;
    let config = config(about, &diff).to_string().into_bytes();
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": described(CONFIG_TYPE, &config),
        "layers": [described(LAYER_TYPE, &layer)],
    });
    let manifest = manifest.to_string().into_bytes();
    let name = format!("vestibule:{}", about.version);
    let mut entry = described(MANIFEST_TYPE, &manifest);
    entry["platform"] = json!({"architecture": "amd64", "os": "linux"});
    entry["annotations"] = json!({
        "org.opencontainers.image.ref.name": about.version,
        "io.containerd.image.name": format!("docker.io/library/{name}"),
    });
    let index = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.index.v1+json",
        "manifests": [entry],
    });
    let blob = |bytes: &[u8]| format!("blobs/sha256/{}", hex(bytes));
    let listed = json!([{"Config": blob(&config), "RepoTags": [name], "Layers": [blob(&layer)]}]);

    let mut tar = Tar::new(about.seconds);
    tar.file("oci-layout", 0o644, b"{\"imageLayoutVersion\":\"1.0.0\"}")?;
    tar.file("index.json", 0o644, index.to_string().as_bytes())?;
    tar.file("manifest.json", 0o644, listed.to_string().as_bytes())?;
    tar.folder("blobs/", 0o755, ROOT)?;
    tar.folder("blobs/sha256/", 0o755, ROOT)?;
    for bytes in [&config, &manifest, &layer] {
        tar.file(&blob(bytes), 0o644, bytes)?;
    }
    let file = format!("vestibule-{}-image-amd64.tar", about.version);
    Ok((file, tar.finish()?))
}

fn described(kind: &str, bytes: &[u8]) -> Value {
    json!({"mediaType": kind, "digest": format!("sha256:{}", hex(bytes)), "size": bytes.len()})
}

/// What runs, as whom. The format of the initiative has no check of health; Docker and Podman read
/// it from the same place that Docker's own images have it in, and others pass over it.
fn config(about: &About, diff: &str) -> Value {
    json!({
        "architecture": "amd64",
        "os": "linux",
        "config": {
            "User": format!("{0}:{0}", USER.0),
            "ExposedPorts": {"8080/tcp": {}, "8443/tcp": {}, "9464/tcp": {}},
            "Env": ["PATH=/usr/bin", "SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt"],
            "Entrypoint": ["/usr/bin/vestibule"],
            "Cmd": ["serve", "--config", "/data/vestibule.toml"],
            "WorkingDir": "/data",
            "Volumes": {"/data": {}},
            "Healthcheck": {
                "Test": ["CMD", "/usr/bin/vestibule", "ready"],
                "Interval": 10_000_000_000_u64,
                "Timeout": 6_000_000_000_u64,
                "StartPeriod": 5_000_000_000_u64,
                "Retries": 3,
            },
            "Labels": {
                "org.opencontainers.image.title": "Vestibule",
                "org.opencontainers.image.description": SENTENCE,
                "org.opencontainers.image.version": about.version,
                "org.opencontainers.image.licenses": "MIT OR Apache-2.0",
            },
        },
        "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{diff}")]},
        "history": [{"created_by": "cargo xtask dist"}],
    })
}

/// Everything in the image's file system.
fn layer(about: &About, program: &Program) -> Result<Vec<u8>> {
    let mut tar = Tar::new(about.seconds);
    let mut made = std::collections::BTreeSet::new();
    let mut put = |tar: &mut Tar, path: &str, mode: u32, content: &[u8]| -> Result<()> {
        let mut folder = String::new();
        let mut names: Vec<_> = path.split('/').collect();
        names.pop();
        for name in names {
            folder += name;
            folder.push('/');
            if made.insert(folder.clone()) {
                tar.folder(&folder, 0o755, ROOT)?;
            }
        }
        tar.file(path, mode, content)
    };
    put(&mut tar, "usr/bin/vestibule", 0o755, &program.bytes)?;
    for object in &program.objects {
        // Read through links: what counts is that something lies under the name that is asked for.
        let content =
            std::fs::read(object).with_context(|| format!("cannot read {}", object.display()))?;
        let path = object.to_string_lossy();
        put(&mut tar, path.trim_start_matches('/'), 0o755, &content)?;
    }
    let user = USER.0;
    let people = format!(
        "root:x:0:0:root:/:/usr/bin/vestibule\nvestibule:x:{user}:{user}::/data:/usr/bin/vestibule\n"
    );
    put(&mut tar, "etc/passwd", 0o644, people.as_bytes())?;
    let groups = format!("root:x:0:\nvestibule:x:{user}:\n");
    put(&mut tar, "etc/group", 0o644, groups.as_bytes())?;
    put(&mut tar, "etc/nsswitch.conf", 0o644, b"hosts: files dns\n")?;
    if Path::new(AUTHORITIES).is_file() {
        let content = std::fs::read(AUTHORITIES)?;
        let path = AUTHORITIES.trim_start_matches('/');
        put(&mut tar, path, 0o644, &content)?;
    }
    tar.folder("tmp/", 0o1777, ROOT)?;
    tar.folder("data/", 0o700, USER)?;
    tar.finish()
}
