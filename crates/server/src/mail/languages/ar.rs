//! Arabic.

use super::Sentences;

pub(super) const SENTENCES: Sentences = Sentences {
    tag: "ar",
    direction: "rtl",
    invitation: "دعوة من {inviter} إلى {organisation}",
    copy: "نسخة من دعوة من {inviter} إلى {organisation}",
    standing: "الدعوة إلى {organisation} ({domain}) موجّهة إلى {address}.",
    copy_notice: "هذه نسخة للعلم من دون الرابط الذي أُرسل إلى {address} فقط. نص الدعوة:",
    wrote: "كتب {inviter}:",
    open: "فتح الدعوة",
    open_by_hand: "إذا لم يعمل الزر، فانسخ هذا العنوان إلى متصفحك:",
    next: "ما الذي سيحدث بعد ذلك",
    next_steps: "ترسل الصفحة رمزًا إلى {address} للتأكد من أن صندوق البريد لك. ثم تختار القبول أو الرفض.",
    next_host: "بعد القبول تنتقل إلى {host}.",
    told: "تُبلَّغ {organisation} بوقت طلبك الرمز وبقبولك أو رفضك. ولا يُبلَّغ أحد غيرها بشيء.",
    until: "يعمل الرابط حتى {date}.",
    unexpected: "إذا لم تكن تتوقع هذه الدعوة فتجاهلها: لن يحدث شيء ما لم تقبلها.",
    never_again: "إذا كنت لا تريد أن تدعوك {organisation} مرة أخرى أبدًا، فافتح الرابط واختر ذلك هناك.",
    code: "رمزك لدعوة {organisation}",
    code_purpose: "اكتب هذا الرمز في الصفحة التي طلبته فيها لمتابعة دعوة {organisation}:",
    code_lifetime: "يعمل الرمز لمدة {minutes} دقائق من وقت طلبه، وفي المتصفح الذي طلبته فيه فقط.",
    code_secret: "لا تعطه لأحد. لن يطلبه منك أحد أبدًا، لا بالهاتف ولا بالبريد.",
    code_unexpected: "إذا لم تطلب رمزًا فتجاهل هذه الرسالة. لا يمكن لأحد أن يقبل باسمك من دون الرمز.",
    sent_by: "أُرسلت بواسطة Vestibule نيابةً عن {organisation}. لا تُقرأ الردود على هذه الرسالة.",
    date: "{day} {month} {year}، الساعة {time} (UTC)",
    months: [
        "يناير", "فبراير", "مارس", "أبريل", "مايو", "يونيو", "يوليو", "أغسطس", "سبتمبر", "أكتوبر", "نوفمبر", "ديسمبر",
    ],
};
