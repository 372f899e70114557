//! Tenants: domains, settings, and how they are found.

use directory::{DomainSetting, Refusal, ServiceMode, Settings, TenantPlan};
use store::TenantId;
use uuid::Uuid;

use crate::world::{World, contoso};

#[tokio::test]
async fn a_tenant_has_its_domains_in_one_form() {
    let world = World::new().await;
    let tenant = world.dir.tenant(world.tenant).await.unwrap();
    assert_eq!(
        (tenant.display_name.as_str(), tenant.initial_domain.as_str()),
        ("Contoso", "contoso.onmicrosoft.com")
    );
    let mut domains: Vec<_> = tenant
        .domains
        .iter()
        .map(|domain| (domain.name.as_str(), domain.federated))
        .collect();
    domains.sort_unstable();
    assert_eq!(
        domains,
        [
            ("contoso.com", false),
            ("contoso.onmicrosoft.com", false),
            ("federated.example", true)
        ]
    );
    assert_eq!(tenant.settings, Settings::default());
    assert_eq!(
        world.dir.tenants().await.unwrap(),
        std::slice::from_ref(&tenant)
    );
    for text in [
        world.tenant.to_string().as_str(),
        "contoso.com",
        "CONTOSO.OnMicrosoft.com",
    ] {
        assert_eq!(
            world.dir.find_tenant(text).await,
            Ok(tenant.clone()),
            "{text}"
        );
    }
    for text in [
        "",
        "fabrikam.example",
        "not a domain",
        "00000000-0000-0000-0000-000000000001",
    ] {
        assert_eq!(
            world.dir.find_tenant(text).await,
            Err(Refusal::NotFound {
                key: text.to_owned()
            })
        );
    }
}

#[tokio::test]
async fn plans_that_are_refused() {
    let world = World::new().await;
    let other = TenantId(Uuid::from_u128(0xFAB));
    let plan = |initial: &str| TenantPlan {
        initial_domain: initial.to_owned(),
        domains: Vec::new(),
        ..contoso(other)
    };
    for bad in [
        contoso(world.tenant),
        plan("contoso.com"),
        plan("not a domain"),
        TenantPlan {
            display_name: "two\nlines".to_owned(),
            ..plan("fabrikam.example")
        },
        TenantPlan {
            display_name: String::new(),
            ..plan("fabrikam.example")
        },
        TenantPlan {
            domains: (0..100)
                .map(|number| DomainSetting {
                    name: format!("d{number}.example"),
                    federated: false,
                })
                .collect(),
            ..plan("fabrikam.example")
        },
    ] {
        let result = world.dir.add_tenant(bad.clone()).await;
        assert!(
            matches!(result, Err(Refusal::Combination { .. })),
            "{bad:?}"
        );
    }
    assert_eq!(world.dir.tenants().await.unwrap().len(), 1);
    world
        .dir
        .add_tenant(plan("fabrikam.example"))
        .await
        .unwrap();
    assert_eq!(world.dir.tenants().await.unwrap().len(), 2);
}

#[tokio::test]
async fn settings_are_replaced_and_audited() {
    let world = World::new().await;
    let settings = Settings {
        default_redirect: Some("https://portal.contoso.com/".to_owned()),
        inviter_mail: Some("people@contoso.com".to_owned()),
        redirect_hosts: vec!["portal.contoso.com".to_owned()],
        manner: ServiceMode::Strict,
        accent: Some("#e85d04".to_owned()),
        reply_to: Some("help@contoso.com".to_owned()),
        footer: Some("Contoso Ltd\nLondon".to_owned()),
        default_language: Some("de".to_owned()),
    };
    world
        .dir
        .set_settings(world.tenant, &settings)
        .await
        .unwrap();
    assert_eq!(
        world.dir.tenant(world.tenant).await.unwrap().settings,
        settings
    );
    assert_eq!(
        world.last_audit().await.record.activity,
        "Update company settings"
    );
    let unknown = world
        .dir
        .set_settings(TenantId(Uuid::from_u128(5)), &settings)
        .await;
    assert!(matches!(unknown, Err(Refusal::NotFound { .. })));
}

#[test]
fn settings_of_an_older_version_are_readable() {
    let settings: Settings = serde_json::from_str("{}").unwrap();
    assert_eq!(settings, Settings::default());
    let settings: Settings = serde_json::from_str(r#"{"manner":"strict"}"#).unwrap();
    assert_eq!(settings.manner, ServiceMode::Strict);
}

/// Every generated name lies in the initial domain, and every user's in one of the tenant's: a
/// domain longer than a userPrincipalName takes would be a tenant without users.
#[tokio::test]
async fn a_domain_too_long_for_names_is_refused() {
    let fits = format!("{}.example", "a".repeat(40));
    let long = format!("{}.example", "a".repeat(41));
    for (initial, own, good) in [
        (&fits, &fits, true),
        (&long, &fits, false),
        (&fits, &long, false),
    ] {
        let world = World::empty();
        let plan = TenantPlan {
            initial_domain: initial.clone(),
            domains: vec![DomainSetting {
                name: own.clone(),
                federated: false,
            }],
            ..contoso(TenantId(Uuid::from_u128(7)))
        };
        assert_eq!(
            world.dir.add_tenant(plan).await.is_ok(),
            good,
            "{initial} {own}"
        );
    }
}
