//! Arabic.

use super::{Language, Notice, Text, Unit, rounded};

pub(super) static LANGUAGE: Language = Language {
    tag: "ar",
    dir: "rtl",
    text: &TEXT,
    duration,
};

/// Arabic counts in four forms here: one, two, three to ten (plural), and from eleven on
/// (singular).
fn duration(seconds: u64) -> String {
    let (count, unit) = rounded(seconds);
    let [one, two, few, many] = match unit {
        Unit::Second => ["ثانية واحدة", "ثانيتين", "ثوانٍ", "ثانية"],
        Unit::Minute => ["دقيقة واحدة", "دقيقتين", "دقائق", "دقيقة"],
        Unit::Hour => ["ساعة واحدة", "ساعتين", "ساعات", "ساعة"],
    };
    match count {
        1 => one.to_owned(),
        2 => two.to_owned(),
        3..=10 => format!("{count} {few}"),
        _ => format!("{count} {many}"),
    }
}

static TEXT: Text = Text {
    made_with: "الدعوات عبر Vestibule",
    step: "الخطوة {n} من {count}",

    landing_title: "دعوة إلى {organisation}",
    landing_invited_by: "دعاك {inviter} للانضمام إلى {organisation}",
    landing_invited: "أنت مدعو للانضمام إلى {organisation} ضيفًا",
    landing_for: "هذه الدعوة موجهة إلى {address}.",
    wrote: "رسالة من {inviter}:",
    next_heading: "ماذا سيحدث الآن",
    next_code: "سنرسل رمزًا إلى {address} للتأكد من أنه أنت.",
    next_consent: "ترى ما ستراه {organisation} عنك، ثم تقبل أو ترفض.",
    next_land: "بعد ذلك تنتقل إلى {host}.",
    next_land_here: "بعد ذلك تكون قد انتهيت.",
    send_code: "إرسال الرمز إلى هذا العنوان",
    landing_quiet: "لم تكن تتوقع هذه الدعوة؟ أغلق الصفحة ولن يحدث شيء.",
    code_waits: "أُرسل رمز من قبل.",
    code_enter: "إدخال الرمز",

    code_title: "أدخل الرمز",
    code_sent: "أرسلنا رمزًا من {digits} رقمًا إلى {address}. مدة صلاحيته {time}، وفي هذا المتصفح فقط.",
    code_label: "الرمز الوارد في البريد",
    code_hint: "عدد الأرقام: {digits}. لا تهم المسافات أو الشرطات.",
    code_button: "متابعة",
    code_wrong: "هذا الرمز غير صحيح. استخدم الرمز الوارد في أحدث رسالة، أو اطلب رمزًا جديدًا.",
    code_void: "أُدخل هذا الرمز بشكل خاطئ مرات كثيرة ولم يعد صالحًا. تحتاج إلى رمز جديد.",
    resend_heading: "لم تصلك الرسالة؟",
    resend_spam: "ابحث في مجلد الرسائل غير المرغوب فيها.",
    resend_wait: "يمكنك طلب رمز جديد بعد {time}.",
    resend_now: "يمكنك طلب رمز جديد الآن، وعندها يتوقف الرمز السابق عن العمل.",
    resend_spent: "لا يمكن إرسال رموز أخرى من هذه الصفحة. افتح الرابط الوارد في بريدك مرة أخرى بعد {time}.",
    resend_button: "إرسال رمز جديد",

    consent_title: "هل تريد الانضمام إلى {organisation} ضيفًا؟",
    consent_by: "وصلتك الدعوة من {inviter}.",
    consent_shares: "ما ستراه {organisation}",
    consent_name: "اسمك",
    consent_address: "عنوان بريدك",
    consent_answer: "إجابتك",
    consent_answer_text: "القبول أو الرفض، ووقته",
    consent_next: "إذا قبلت، تنتقل إلى {host}.",
    consent_next_here: "إذا قبلت، تبقى في هذا الموقع.",
    accept: "قبول",
    decline: "رفض",

    done_title: "انضممت إلى {organisation}",
    done_text: "أنت الآن ضيف لدى {organisation}.",
    done_plain: "تم قبول دعوتك.",
    done_no_target: "الصفحة التي كان من المفترض أن تنتقل إليها لم تعد معتمدة، لذلك لا ننقلك إليها. اسأل الشخص الذي دعاك عن وجهتك.",
    close: "يمكنك إغلاق هذه الصفحة.",

    declined_title: "لقد رفضت الدعوة",
    declined_text: "لم تصبح ضيفًا لدى {organisation}.",
    declined_mind: "إذا غيرت رأيك، فالرابط الوارد في بريدك يعمل حتى تنتهي صلاحيته.",

    never_button: "لا أريد دعوات أخرى",
    never_title: "هل تريد إيقاف الدعوات من {organisation}؟",
    never_text: "لن ترسل {organisation} بعد الآن أي دعوة إلى {address}. لا يمكنك التراجع عن ذلك هنا، وحدها {organisation} تستطيع.",
    never_proof: "للتأكد من أنه أنت، سنرسل إليك رمزًا بالبريد.",
    back_to_start: "العودة إلى الدعوة",
    never_done_title: "لن تصلك دعوات أخرى",
    never_done_text: "لن ترسل {organisation} أي دعوة أخرى إلى {address}. وحدها {organisation} تستطيع التراجع عن ذلك.",

    code_left: "المحاولات المتبقية بهذا الرمز: {count}.",
    code_incomplete: "عدد أرقام الرمز: {digits}.",
    code_outdated: "أُدخلت رموز خاطئة كثيرة لهذا العنوان، لذلك لم يعد الرمز الوارد في رسالتك الأخيرة صالحًا. تحتاج إلى رمز جديد، وعدد أرقامه {digits}.",
    resend_left: "الرموز الجديدة المتبقية في هذا المتصفح: {count}.",
    resend_reopen: "لا يمكن إرسال رموز أخرى من هذه الصفحة. افتح الرابط الوارد في بريدك مرة أخرى.",
    consent_told: "ترى {organisation} وقت طلبك الرمز وما إذا قبلت. ولا يرى ذلك أحد غيرها.",
    done_plain_title: "تم انضمامك",
    never_code: "بعد إدخال الرمز لن تدعوك {organisation} مرة أخرى.",
    used_onward: "قبلتها من قبل؟ انتقل إلى {host}",
    error_title: "خطأ: {title}",
    wrote_organisation: "رسالة من {organisation}:",

    not_valid: Notice {
        title: "هذا الرابط غير صالح",
        text: "لا توجد دعوة خلف هذا الرابط.",
        next: "تأكد من أنك فتحت الرابط الكامل الوارد في بريدك، أو اطلب دعوة جديدة من الشخص الذي دعاك.",
    },
    ended: Notice {
        title: "لم يعد من الممكن استخدام هذه الدعوة",
        text: "استُخدمت من قبل، أو انتهت صلاحيتها، أو سُحبت، أو حلت محلها دعوة أحدث.",
        next: "إذا وصلتك رسالة أحدث، فاستخدم الرابط الوارد فيها. وإلا فاطلب دعوة جديدة من الشخص الذي دعاك.",
    },
    reopen: Notice {
        title: "افتح الرابط الوارد في بريدك مرة أخرى",
        text: "هذه الصفحة تخص دعوة فُتحت في متصفح آخر أو منذ وقت طويل.",
        next: "عد إلى الرسالة وافتح رابطها في هذا المتصفح.",
    },
    stale_form: Notice {
        title: "هذا النموذج لم يعد صالحًا",
        text: "لم يأت من الصفحة المفتوحة في هذا المتصفح، لذلك لم يُنفَّذ شيء.",
        next: "افتح الرابط الوارد في بريدك مرة أخرى وتابع من هناك.",
    },
    disabled: Notice {
        title: "اتصل بالمسؤول",
        text: "الحساب الذي تخصه هذه الدعوة موقوف.",
        next: "يستطيع مسؤول المؤسسة التي دعتك أن يعيد تشغيله.",
    },
    unreadable: Notice {
        title: "تعذرت قراءة هذا النموذج",
        text: "وصل فارغًا أو ناقصًا، لذلك لم يُنفَّذ شيء.",
        next: "عد إلى الصفحة السابقة واملأ النموذج وأرسله مرة أخرى.",
    },
    many_links: Notice {
        title: "عدد كبير من الروابط غير الصالحة",
        text: "فُتح عدد كبير منها من شبكتك، لذلك نتوقف قليلًا.",
        next: "حاول مرة أخرى بعد {time}.",
    },
    many_codes: Notice {
        title: "لا يمكن إرسال رمز آخر الآن",
        text: "الرمز الأخير في الطريق، أو طُلب عدد كبير من الرموز. ابحث أيضًا في الرسائل غير المرغوب فيها.",
        next: "يمكنك طلب رمز جديد بعد {time}.",
    },
    unavailable: Notice {
        title: "هذا غير متاح الآن",
        text: "الخطأ من جانبنا، ولم يضع شيء.",
        next: "حاول مرة أخرى بعد {time}.",
    },
    no_page: Notice {
        title: "لا توجد صفحة كهذه",
        text: "هذا العنوان لا يؤدي إلى شيء.",
        next: "افتح الرابط الوارد في بريدك مرة أخرى.",
    },
};
