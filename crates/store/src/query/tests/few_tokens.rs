//! Plans of a search whose word begins few tokens of the index.

use super::*;
use crate::query::parts::Part;

/// The tokens of the index that every word begins.
struct Knows(Vec<Vec<u8>>);

impl Probe for Knows {
    async fn is_below(&mut self, _: &Filter, _: &[Part], _: u32) -> Result<bool, StoreError> {
        Ok(false)
    }

    async fn tokens_from(&mut self, _: &str, _: usize) -> Result<Option<Vec<Vec<u8>>>, StoreError> {
        Ok(Some(self.0.clone()))
    }
}

/// Each token's users stand by id in the index: a page by id begins behind the last one. By another
/// order, whether a user has a token is a look-up each. No document is read.
#[test]
fn few_tokens_are_looked_up_one_by_one() {
    let mut on = sqlite_for_tests("few_tokens");
    let by_name = Order {
        property: (&user::DISPLAY_NAME).into(),
        descending: false,
    };
    let searched = Node::Tokens {
        property: (&user::DISPLAY_NAME).into(),
        tokens: odata::tokens("schm"),
    };
    let filter = Filter::new(vec![searched]).unwrap();
    let by_id = Cursor {
        keys: Vec::new(),
        id: Uuid::from_u128(7),
    };
    let range = "SEARCH v USING PRIMARY KEY (tenant_id=? AND token=? AND object_id>?";
    let look = "SEARCH v EXISTS USING PRIMARY KEY (tenant_id=? AND token=? AND object_id=?)";
    let all = "SEARCH v USING PRIMARY KEY (tenant_id=? AND token=?)";
    let tokens = vec![b"schmidt".to_vec(), b"schmitz".to_vec()];
    for (tokens, order, after, line) in [
        (tokens.clone(), vec![], None, Some(all)),
        (tokens.clone(), vec![], Some(&by_id), Some(range)),
        (tokens, vec![by_name], None, Some(look)),
        (Vec::new(), vec![], None, None),
    ] {
        let mut knows = Knows(tokens);
        let access = plan::plan(
            &mut knows,
            live(),
            Some(&filter),
            &order,
            after,
            CutKeys::default(),
        )
        .now_or_never()
        .unwrap()
        .unwrap();
        let wanted = Wanted::Rows("u.id", Judged::BySql);
        let made = statement::statement(context(live()), &access, Some(&filter), wanted, after, 10)
            .unwrap();
        assert!(made.exact);
        assert_eq!(fault(Scope::Tenant, made.composed.text()), None);
        let told = lines(&mut on, &made.composed);
        assert!(
            !told.iter().any(|line| line.starts_with("SCAN")),
            "{told:?}"
        );
        if let Some(line) = line {
            assert!(told.iter().any(|told| told.starts_with(line)), "{told:?}");
        }
    }
}
