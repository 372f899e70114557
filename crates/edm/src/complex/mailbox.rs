//! Mailbox settings: profile data of a single user.

use super::complex;
use crate::rows::{of, text};
use crate::{ComplexType, EnumType, Type};

/// Longest text of a setting: none is published; automatic replies are the longest and are letters.
const SETTING_TEXT: u32 = 16_384;

/// Automatic replies off, on, or by schedule.
pub static AUTOMATIC_REPLIES_STATUS: EnumType = EnumType {
    name: "automaticRepliesStatus",
    members: &[("disabled", 0), ("alwaysEnabled", 1), ("scheduled", 2)],
};

/// Days of a week.
pub static DAY_OF_WEEK: EnumType = EnumType {
    name: "dayOfWeek",
    members: &[
        ("sunday", 0),
        ("monday", 1),
        ("tuesday", 2),
        ("wednesday", 3),
        ("thursday", 4),
        ("friday", 5),
        ("saturday", 6),
    ],
};

/// Who gets meeting messages when there is a delegate.
pub static DELEGATE_MEETING_MESSAGE_DELIVERY_OPTIONS: EnumType = EnumType {
    name: "delegateMeetingMessageDeliveryOptions",
    members: &[
        ("sendToDelegateAndInformationToPrincipal", 0),
        ("sendToDelegateAndPrincipal", 1),
        ("sendToDelegateOnly", 2),
    ],
};

/// Which outsiders get automatic replies.
pub static EXTERNAL_AUDIENCE_SCOPE: EnumType = EnumType {
    name: "externalAudienceScope",
    members: &[("none", 0), ("contactsOnly", 1), ("all", 2)],
};

complex! {
    /// A local time with its zone.
    date_time_time_zone "dateTimeTimeZone"
    DATE_TIME "dateTime" "Local time, as text." = text().not_null().max(64).written();
    TIME_ZONE "timeZone" "Name of the zone." = text().max(128).written();
}

complex! {
    /// Automatic replies.
    automatic_replies_setting "automaticRepliesSetting"
    EXTERNAL_AUDIENCE "externalAudience" "Which outsiders get the external reply." = of(Type::Enum(&EXTERNAL_AUDIENCE_SCOPE)).written();
    EXTERNAL_REPLY_MESSAGE "externalReplyMessage" "Reply to outsiders." = text().max(SETTING_TEXT).written();
    INTERNAL_REPLY_MESSAGE "internalReplyMessage" "Reply to colleagues." = text().max(SETTING_TEXT).written();
    SCHEDULED_END_DATE_TIME "scheduledEndDateTime" "Replies end." = of(Type::complex(&date_time_time_zone::TYPE)).written();
    SCHEDULED_START_DATE_TIME "scheduledStartDateTime" "Replies begin." = of(Type::complex(&date_time_time_zone::TYPE)).written();
    STATUS "status" "Off, on, or by schedule." = of(Type::Enum(&AUTOMATIC_REPLIES_STATUS)).written();
}

complex! {
    /// A language and its name.
    locale "localeInfo"
    DISPLAY_NAME "displayName" "Name of the language in itself." = text().max(128).written();
    LOCALE "locale" "Language tag." = text().max(64).written();
}

complex! {
    /// A time zone by name.
    time_zone_base "timeZoneBase"
    NAME "name" "Name of the zone." = text().max(128).written();
}

complex! {
    /// When somebody works.
    working_hours "workingHours"
    DAYS_OF_WEEK "daysOfWeek" "Working days." = of(Type::Enum(&DAY_OF_WEEK)).list().items(7).written();
    END_TIME "endTime" "End of the working day." = of(Type::TimeOfDay).written();
    START_TIME "startTime" "Start of the working day." = of(Type::TimeOfDay).written();
    TIME_ZONE "timeZone" "Zone of both." = of(Type::complex(&time_zone_base::TYPE)).written();
}

/// What a mailbox is for, in v1.0.
pub static USER_PURPOSE: EnumType = EnumType {
    name: "userPurpose",
    members: &[
        ("user", 1),
        ("linked", 2),
        ("shared", 3),
        ("room", 4),
        ("equipment", 5),
        ("others", 6),
        ("unknownFutureValue", 7),
    ],
};

complex! {
    /// What a mailbox is for, in beta.
    user_purpose "userPurpose"
    VALUE "value" "Kind of recipient." = of(Type::Enum(&MAILBOX_RECIPIENT_TYPE));
}

/// Kinds of recipient, in beta.
pub static MAILBOX_RECIPIENT_TYPE: EnumType = EnumType {
    name: "mailboxRecipientType",
    members: &[
        ("unknown", 0),
        ("user", 1),
        ("linked", 2),
        ("shared", 3),
        ("room", 4),
        ("equipment", 5),
        ("others", 6),
    ],
};

complex! {
    /// Settings of a mailbox.
    mailbox_settings "mailboxSettings"
    ARCHIVE_FOLDER "archiveFolder" "Id of the archive folder." = text().max(1024).written();
    AUTOMATIC_REPLIES_SETTING "automaticRepliesSetting" "Automatic replies." = of(Type::complex(&automatic_replies_setting::TYPE)).written();
    DATE_FORMAT "dateFormat" "How dates are written." = text().max(64).written();
    DELEGATE_MEETING_MESSAGE_DELIVERY_OPTIONS "delegateMeetingMessageDeliveryOptions" "Who gets meeting messages when there is a delegate." = of(Type::Enum(&super::DELEGATE_MEETING_MESSAGE_DELIVERY_OPTIONS)).written();
    LANGUAGE "language" "Language of the mailbox." = of(Type::complex(&locale::TYPE)).written();
    TIME_FORMAT "timeFormat" "How times are written." = text().max(64).written();
    TIME_ZONE "timeZone" "Default zone." = text().max(128).written();
    USER_PURPOSE "userPurpose" "What the mailbox is for." = of(Type::Enum(&super::USER_PURPOSE)).beta_type(Type::complex(&user_purpose::TYPE));
    WORKING_HOURS "workingHours" "When the user works." = of(Type::complex(&working_hours::TYPE)).written();
}
