//! Japanese.

use super::Sentences;

pub(super) const SENTENCES: Sentences = Sentences {
    tag: "ja",
    direction: "ltr",
    invitation: "{inviter} より {organisation} への招待",
    copy: "控え: {inviter} より {organisation} への招待",
    standing: "これは {address} 宛ての {organisation}({domain})への招待です。",
    copy_notice: "これは参考のための控えで、リンクは含まれていません。リンクは {address} にのみ送信されました。招待の内容は次のとおりです。",
    wrote: "{inviter} からのメッセージ:",
    open: "招待を開く",
    open_by_hand: "ボタンが使えない場合は、次のアドレスをブラウザーに貼り付けてください:",
    next: "この後の流れ",
    next_steps: "メールアドレスがご本人のものであることを確かめるため、ページから {address} に確認コードをお送りします。その後、承諾するか辞退するかをお選びください。",
    next_host: "承諾すると、{host} に移動します。",
    told: "{organisation} には、確認コードを請求した日時と、承諾または辞退の結果が伝わります。それ以外には何も伝わりません。",
    until: "リンクの有効期限は {date} です。",
    unexpected: "この招待に心当たりがない場合は、無視してください。承諾しない限り何も起こりません。",
    never_again: "今後 {organisation} からの招待を一切受け取りたくない場合は、リンクを開いて、そのページでお知らせください。",
    code: "{organisation} への招待の確認コード",
    code_purpose: "{organisation} への招待の手続きを続けるには、コードを請求したページに次のコードを入力してください:",
    code_lifetime: "コードは請求から {minutes} 分間有効で、請求したブラウザーでのみ使えます。",
    code_secret: "コードを誰にも教えないでください。電話やメールでコードをお尋ねすることは決してありません。",
    code_unexpected: "コードを請求していない場合は、このメールを無視してください。コードがなければ、誰もあなたの名前で承諾することはできません。",
    sent_by: "このメールは {organisation} に代わって Vestibule が送信しました。返信をいただいてもお読みできません。",
    date: "{year}年{month}月{day}日 {time}(UTC)",
    months: [
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
    ],
};
