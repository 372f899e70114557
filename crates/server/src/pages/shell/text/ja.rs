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

    landing_title: "{organisation}\u{2060}への招待",
    landing_invited_by: "{inviter}\u{2060}さんが{organisation}\u{2060}に招待しています",
    landing_invited: "{organisation}\u{2060}のゲストとして招待されています",
    landing_for: "この招待の宛先は{address}\u{2060}です。",
    wrote: "{inviter}\u{2060}さんからのメッセージ:",
    next_heading: "このあとの流れ",
    next_code: "ご本人であることを確認するため、{address}\u{2060}に確認コードをお送りします。",
    next_consent: "{organisation}\u{2060}に表示される内容を確認し、承諾するか辞退するかを選びます。",
    next_land: "そのあと{host}\u{2060}に進みます。",
    next_land_here: "これで完了です。",
    send_code: "このアドレスにコードを送る",
    landing_quiet: "心当たりがない場合は、このページを閉じてください。何も起こりません。",
    code_waits: "コードはすでに送られています。",
    code_enter: "コードを入力する",

    code_title: "コードを入力してください",
    code_sent: "{digits}桁のコードを{address}\u{2060}に送りました。有効時間は{time}で、このブラウザーでのみ使えます。",
    code_label: "メールに記載されたコード",
    code_hint: "数字{digits}桁。空白やハイフンが入っていてもかまいません。",
    code_button: "次へ",
    code_wrong: "コードが正しくありません。最新のメールのコードを入力するか、新しいコードを請求してください。",
    code_void: "間違った入力が続いたため、そのコードはもう使えません。新しいコードが必要です。",
    resend_heading: "メールが届かないときは",
    resend_spam: "迷惑メールフォルダーを確認してください。",
    resend_wait: "{time}後に新しいコードを請求できます。",
    resend_now: "新しいコードを請求できます。請求すると、前のコードは使えなくなります。",
    resend_spent: "このページからはこれ以上コードを送れません。{time}後に、メールのリンクをもう一度開いてください。",
    resend_button: "新しいコードを送る",

    consent_title: "{organisation}\u{2060}のゲストになりますか",
    consent_by: "{inviter}\u{2060}さんからの招待です。",
    consent_shares: "{organisation}\u{2060}に表示される内容",
    consent_name: "お名前",
    consent_address: "メールアドレス",
    consent_answer: "ご回答",
    consent_answer_text: "承諾または辞退と、その日時",
    consent_next: "承諾すると{host}\u{2060}に進みます。",
    consent_next_here: "承諾しても、このサイトにとどまります。",
    accept: "承諾する",
    decline: "辞退する",

    done_title: "{organisation}\u{2060}に参加しました",
    done_text: "{organisation}\u{2060}のゲストになりました。",
    done_plain: "招待を承諾しました。",
    done_no_target: "次に進む予定だったページは現在許可されていないため、移動しません。招待した方に行き先をお尋ねください。",
    close: "このページは閉じてかまいません。",

    declined_title: "招待を辞退しました",
    declined_text: "{organisation}\u{2060}のゲストにはなっていません。",
    declined_mind: "お気持ちが変わったときは、期限までメールのリンクを使えます。",

    never_button: "今後は招待しないでください",
    never_title: "{organisation}\u{2060}からの招待を今後受け取りませんか",
    never_text: "今後、{organisation}\u{2060}から{address}\u{2060}への招待は届かなくなります。ここでは元に戻せません。戻せるのは{organisation}\u{2060}だけです。",
    never_proof: "この手続きはメールボックスのご本人だけができます。確認のため、コードをお送りします。",
    back_to_start: "招待に戻る",
    never_done_title: "今後、招待は届きません",
    never_done_text: "{organisation}\u{2060}から{address}\u{2060}への招待は、今後届きません。元に戻せるのは{organisation}\u{2060}だけです。",

    wrote_organisation: "{organisation}\u{2060}からのメッセージ:",
    code_left: "このコードを入力できる残り回数: {count}回。",
    code_incomplete: "コードは{digits}桁です。",
    code_outdated: "このアドレスに対して間違ったコードが何度も入力されたため、前のメールのコードは使えなくなりました。新しいコードが必要です。新しいコードは{digits}桁です。",
    resend_left: "このブラウザーで請求できる残り回数: {count}回。",
    resend_reopen: "このページからはこれ以上コードを送れません。メールのリンクをもう一度開いてください。",
    consent_told: "{organisation}\u{2060}には、コードを請求した日時と、承諾したかどうかが表示されます。ほかの誰にも表示されません。",
    done_plain_title: "参加が完了しました",
    never_code: "コードを入力すると、{organisation}\u{2060}からの招待は今後届かなくなります。",
    used_onward: "承諾済みの場合は{host}\u{2060}へ進む",
    error_title: "エラー: {title}",

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
