//! Paths and query options, judged by cases of our own.

use crate::grammar::check;

#[test]
fn paths() {
    check(
        "resourcePath",
        &[
            "users",
            "users('x')",
            "users(id='x',floor=1)",
            "users('x')/boss",
            "users('x')/reports/$count",
            "users/7",
            "users/7/reports/a%27b",
            "users%28%27x%27%29",
            "users(@key)",
            "me",
            "me/home/name/$value",
            "me/home/Dir.place/name",
            "me/photo",
            "me/mails/0",
            "me/identities/Dir.identity/-1",
            "users/Dir.guest",
            "users/Dir.guest('x')",
            "users('x')/Dir.guest",
            "users('x')/$value",
            "users('x')/$ref",
            "users/$ref",
            "users('x')/Dir.lock",
            "users('x')/reports/Dir.changes(since=2024-01-01)/$count",
            "users/changes",
            "me/Dir.first()/name",
            "reset",
            "oldest",
            "oldest()/boss",
            "guestsOf(of='x')('y')",
            "centre()/name",
            "centres()/Dir.place/$count",
            "total()/$value",
            "totals()",
            "users/$filter(age gt 3)/$each/Dir.lock",
            "users/$filter(@f)/$ref",
            "$crossjoin(users,rooms)",
            "$all",
            "$all/Dir.guest",
            "users/$query",
            "users('a%2Fb')",
            "users(2024-01-01T00%3A00Z)",
        ],
        &[
            "",
            "nope",
            "users(",
            "users()",
            "users(id=x)",
            "users('x';floor=1)",
            "users('a/b')",
            "users('x')/nope",
            "users/$count/x",
            "me/photo/$value",
            "me/home/$value",
            "users/name",
            "me/name/$value/x",
            "users('x')/$ref/$count",
            "users('x')/Dir.guest/Dir.guest",
            "Dir.lock",
            "me('x')",
            "users//reports",
            "users.('x')",
            "users/oldest()",
        ],
    );
}

#[test]
fn urls() {
    check(
        "odataRelativeUri",
        &[
            "users?$top=5",
            "users?",
            "$batch",
            "$batch?$format=json",
            "$metadata",
            "$metadata#users(name)",
            "$metadata?$format=xml",
            "$entity?$id=http://h/users('x')",
            "$entity/Dir.user?$id=users('x')&$select=name",
            "users?@a=1&$filter=age gt @a",
            "users(@k)?@k='x'",
        ],
        &[
            "$entity",
            "$entity?$format=json",
            "$entity?$id=x&$select=name",
            "users?$top=x",
            "$meta",
            "?$top=5",
        ],
    );
    check(
        "odataUri",
        &[
            "https://h/",
            "http://h:8080/v1.0/users",
            "https://[::1]/v1.0/users('x')?$select=name",
            "https://h/v1.0/$metadata",
        ],
        &[
            "h/users",
            "ftp://h/",
            "https:/h/",
            "https://h",
            "https://h:x/users",
        ],
    );
    check(
        "functionParameter",
        &["of='x'", "of=@a"],
        &["of", "nope=1", "of=name"],
    );
    check("entitySetName", &["users"], &["Users", "userss", "user"]);
}

#[test]
fn options() {
    check(
        "queryOptions",
        &[
            "$filter=name eq 'x'&$orderby=name desc,age&$top=5&$skip=1&$count=true&$search=x&$select=*&$expand=boss&$format=json",
            "filter=true&top=1",
            "$skiptoken=a/b?c",
            "$deltatoken=x",
            "@a=[1,2]&$filter=age in @a",
            "trace=1",
            "trace",
            "of='x'",
            "$index=-1",
            "$schemaversion=*",
            "$id=users('x')",
            "$format=application/json",
            "$compute=age add 1 as next",
        ],
        &[
            "$top",
            "$top=-1",
            "$count=1",
            "$nope=1",
            "nope=1",
            "$filter=",
            "$filter =true",
            "$filter= true",
            "$skiptoken=a&b",
            "$index=x",
            "$orderby=name up",
            "$format=json/",
        ],
    );
    check(
        "orderby",
        &[
            "$orderby=name",
            "$orderby=age add 1 desc,name asc",
            "orderBy=reports/$count",
        ],
        &["$orderby=", "$orderby=name,", "$orderby=name desc asc"],
    );
    check(
        "search",
        &[
            "$search=a",
            "$search=a b",
            "$search=a AND b OR NOT c",
            "$search=\"a b\"",
            "$search=%22a%20b%22",
            "$search=(a OR b) c",
            "$search=NOT a",
            "$search=AND",
            "$search='(\"'",
            "$search=%CE%94",
            "$search=a%3Bb",
            "$search=\"mail:x\"",
        ],
        &[
            "$search=",
            "$search=\"a",
            "$search=(a",
            "$search=a)",
            "$search=a;b",
            "$search=#a",
            "$search=a&b",
            "$search=()",
        ],
    );
}

#[test]
fn expand_and_select() {
    check(
        "expand",
        &[
            "$expand=boss",
            "$expand=boss,reports",
            "$expand=boss($levels=max)",
            "$expand=boss($select=name,mail;$expand=reports($top=5))",
            "$expand=*",
            "$expand=*/$ref",
            "$expand=*($levels=2)",
            "$expand=reports/$ref($filter=age gt 3)",
            "$expand=reports/$count($search=x)",
            "$expand=home/boss",
            "$expand=Dir.guest/boss",
            "$expand=reports/Dir.guest($orderby=name desc)",
            "$expand=photo",
            "$expand=$value",
            "$expand=@Core.note($top=1)",
            "expand=boss(select=name)",
            "$expand=reports($filter=name eq 'a;b';$count=true)",
        ],
        &[
            "$expand=",
            "$expand=name",
            "$expand=boss(",
            "$expand=boss()",
            "$expand=boss($levels=0)",
            "$expand=boss/$ref($levels=2)",
            "$expand=boss/$ref($select=name)",
            "$expand=reports/$count($count=true)",
            "$expand=boss($select=name,$levels=2)",
            "$expand=boss;reports",
        ],
    );
    check(
        "select",
        &[
            "$select=*",
            "$select=name,mail",
            "$select=home/name",
            "$select=Dir.guest/name",
            "$select=Dir.*",
            "$select=identities($filter=name eq 'x';$top=1)",
            "$select=Dir.lock,size(of,since)",
            "$select=@Core.note",
            "$select=home($select=name,boss)",
        ],
        &[
            "$select=",
            "$select=name,",
            "$select=home/",
            "$select=nope",
            "$select=name mail",
            "$select=*/name",
        ],
    );
    check(
        "compute",
        &["$compute=age add 1 as next,year(born) as y"],
        &["$compute=age", "$compute=age as", "$compute= as x"],
    );
}
