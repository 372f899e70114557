//! Japanese.

use super::{Language, Notice, Text, Unit, rounded};

pub(super) static LANGUAGE: Language = Language {
    tag: "ja",
    dir: "ltr",
    text: &TEXT,
    duration,
};

fn duration(seconds: u64) -> String {
    let (count, unit) = rounded(seconds);
    let unit = match unit {
        Unit::Second => "秒",
        Unit::Minute => "分",
        Unit::Hour => "時間",
    };
    format!("{count}{unit}")
}

static TEXT: Text = Text {
    made_with: "Vestibule による招待",
    step: "ステップ {n} / {count}",

    landing_title: "{organisation} への招待",
    landing_invited_by: "{inviter} さんから {organisation} への招待です",
    landing_invited: "{organisation} に招待されています",
    landing_for: "この招待の宛先は {address} です。",
    wrote: "{inviter} さんからのメッセージ:",
    next_heading: "このあとの流れ",
    next_code: "メールで届く確認コードをこのページに入力し、ご本人のメールボックスであることを示します。",
    next_consent: "{organisation} に伝わる内容を確認し、承諾するか辞退するかを選びます。",
    next_land: "そのあと {host} に進みます。",
    next_land_here: "これで完了です。",
    send_code: "このアドレスにコードを送る",
    landing_quiet: "心当たりがない場合は、このページを閉じてください。何も起こりません。",
    code_waits: "コードはすでに送られています。",
    code_enter: "コードを入力する",

    code_title: "コードを入力してください",
    code_sent: "8桁のコードを {address} に送りました。有効時間は{time}で、このブラウザーでのみ使えます。",
    code_label: "メールに記載されたコード",
    code_hint: "数字8桁。空白やハイフンが入っていてもかまいません。",
    code_button: "次へ",
    code_wrong: "コードが正しくありません。最新のメールのコードを入力するか、新しいコードを送ってください。",
    code_void: "間違った入力が続いたため、そのコードはもう使えません。新しいコードを送り、そちらを入力してください。",
    code_empty: "メールに記載された8桁の数字を入力してください。",
    resend_heading: "メールが届かないときは",
    resend_spam: "まず迷惑メールフォルダーを確認してください。",
    resend_wait: "{time}後に新しいコードを送れます。",
    resend_now: "新しいコードを送れます。送ると、前のコードは使えなくなります。",
    resend_spent: "このページからはこれ以上コードを送れません。時間をおいて、メールのリンクをもう一度開いてください。",
    resend_button: "新しいコードを送る",

    consent_title: "{organisation} のゲストになりますか",
    consent_by: "{inviter} さんからの招待です。",
    consent_shares: "{organisation} に伝わる内容",
    consent_name: "お名前",
    consent_address: "メールアドレス",
    consent_answer: "ご回答",
    consent_answer_text: "承諾または辞退と、その日時",
    consent_next: "承諾すると {host} に進みます。",
    consent_next_here: "承諾しても、このサイトにとどまります。",
    accept: "承諾する",
    decline: "辞退する",

    done_title: "参加が完了しました",
    done_text: "{organisation} のゲストになりました。",
    done_plain: "招待を承諾しました。",
    done_no_target: "次に進む予定だったページは現在許可されていないため、移動しません。招待した方に行き先をお尋ねください。",
    close: "このページは閉じてかまいません。",

    declined_title: "招待を辞退しました",
    declined_text: "{organisation} のゲストにはなっていません。",
    declined_mind: "お気持ちが変わったときは、期限までメールのリンクを使えます。",

    never_button: "今後は招待しないでください",
    never_title: "{organisation} からの招待を今後受け取りませんか",
    never_text: "今後、{organisation} からのメールを {address} に送らなくなります。ここでは元に戻せません。戻せるのは {organisation} だけです。",
    never_proof: "この手続きはメールボックスのご本人だけができます。コードを送り、入力したあと、次のページでもう一度これを選んでください。",
    back_to_start: "招待に戻る",
    never_done_title: "今後、招待は届きません",
    never_done_text: "{organisation} からのメールを {address} に送ることはもうありません。",

    not_valid: Notice {
        title: "このリンクは無効です",
        text: "このリンクに対応する招待はありません。",
        next: "メールのリンク全体を開いたかどうかを確認するか、招待した方に新しい招待を依頼してください。",
    },
    ended: Notice {
        title: "この招待はもう使えません",
        text: "すでに使われたか、期限が切れたか、取り消されたか、新しい招待に置き換えられました。",
        next: "新しいメールが届いている場合は、そちらのリンクを開いてください。届いていなければ、招待した方に新しい招待を依頼してください。",
    },
    reopen: Notice {
        title: "メールのリンクをもう一度開いてください",
        text: "このページの招待は、別のブラウザーで開かれたか、開いてから時間がたちすぎています。",
        next: "メールに戻り、このブラウザーでリンクを開いてください。",
    },
    stale_form: Notice {
        title: "このフォームは古くなっています",
        text: "このブラウザーで開いているページから送られたものではないため、何も行いませんでした。",
        next: "メールのリンクをもう一度開き、そこから続けてください。",
    },
    disabled: Notice {
        title: "管理者にお問い合わせください",
        text: "この招待の対象となるアカウントは停止されています。",
        next: "招待した組織の管理者が再開できます。",
    },
    unreadable: Notice {
        title: "フォームを読み取れませんでした",
        text: "内容が空か不完全だったため、何も行いませんでした。",
        next: "前のページに戻り、入力してからもう一度送ってください。",
    },
    many_links: Notice {
        title: "無効なリンクが多すぎます",
        text: "お使いのネットワークから無効なリンクが何度も開かれたため、しばらく受け付けを止めています。",
        next: "{time}後にもう一度お試しください。",
    },
    many_guesses: Notice {
        title: "間違ったコードが多すぎます",
        text: "メールボックスを保護するため、しばらくコードを受け付けません。",
        next: "{time}後に、新しいコードでお試しください。",
    },
    many_codes: Notice {
        title: "今は新しいコードを送れません",
        text: "直前のコードを配信中か、送信回数が多すぎます。迷惑メールフォルダーも確認してください。",
        next: "{time}後に新しいコードを送れます。",
    },
    unavailable: Notice {
        title: "現在ご利用いただけません",
        text: "サーバー側の問題です。失われたものはありません。",
        next: "{time}後にもう一度お試しください。",
    },
    no_page: Notice {
        title: "ページが見つかりません",
        text: "このアドレスにはページがありません。",
        next: "メールのリンクをもう一度開いてください。",
    },
};
