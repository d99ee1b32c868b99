//! What tabs write for each other is read as it was written, and whatever else stands there is read as nothing or as
//! something that can be written again.

use evertoken_core::Duration;

use evertoken_core::{
    Message, Position, Reason, Record, Scope, Shared, Slot, Status, Stored, Tabs, Tombstone,
};
use proptest::prelude::*;
use proptest::sample::select;

use crate::walk::config;

pub fn position() -> impl Strategy<Value = Position> {
    let number = || prop_oneof![0..9_u32, any::<u32>()];
    let parts = (
        number(),
        any::<bool>(),
        any::<u64>(),
        number(),
        any::<bool>(),
    );
    parts.prop_map(|(number, is_login, stamp, generation, ended)| {
        let (is_login, ended) = (u8::from(is_login), u8::from(ended));
        let text = format!("2 {number:x} {is_login} {stamp:x} {generation:x} {ended} - -");
        Record::parse(&text).unwrap().position
    })
}

fn reason() -> impl Strategy<Value = Option<Reason>> {
    prop::option::of(select(vec![
        Reason::Never,
        Reason::Logout,
        Reason::Expired,
        Reason::Reuse,
        Reason::Revoked,
        Reason::Replaced,
        Reason::Inactive,
        Reason::Forbidden,
        Reason::Denied,
    ]))
}

fn key() -> impl Strategy<Value = Option<String>> {
    let key = "[0-9A-Za-z.!#$%&'*+^_`|~]{1,256}";
    prop::option::of(key)
}

fn time() -> impl Strategy<Value = Duration> {
    prop_oneof![0..2_000_000_u64, any::<u64>()].prop_map(Duration::from_millis)
}

fn shared() -> impl Strategy<Value = Option<Shared>> {
    let whom = prop_oneof!["a|b", "(?s).{1,20}"];
    let parts = (time(), prop::option::of(time()), prop::option::of(whom));
    prop::option::of(parts.prop_map(|(age, lifetime, subject)| Shared {
        age,
        lifetime,
        subject,
    }))
}

fn status() -> impl Strategy<Value = Status> {
    let answers = (any::<u32>(), any::<u32>());
    let parts = (1..=u32::MAX, answers, position(), reason(), key(), shared());
    parts.prop_map(|(from, answers, position, reason, key, token)| Status {
        from,
        answers,
        position,
        reason,
        key,
        token,
    })
}

fn message() -> impl Strategy<Value = Message> {
    let ask = (1..=u32::MAX, any::<u32>(), prop::option::of(position()));
    prop_oneof![
        1 => ask.prop_map(|(from, question, has)| Message::Ask {
            from,
            question,
            has
        }),
        1 => (1..=u32::MAX).prop_map(|from| Message::Bye { from }),
        4 => status().prop_map(Message::Status),
    ]
}

fn record() -> impl Strategy<Value = Record> {
    (position(), reason(), key()).prop_map(|(position, reason, refresh_key)| Record {
        position,
        reason,
        refresh_key,
    })
}

/// A logout of the others ends nothing here, so it leaves no tombstone.
pub fn owed() -> impl Strategy<Value = Scope> {
    select(vec![Scope::Local, Scope::Global])
}

fn tombstone() -> impl Strategy<Value = Tombstone> {
    (position(), prop::option::of(owed())).prop_map(|(position, owed)| Tombstone {
        epoch: position.epoch,
        owed,
    })
}

/// A good text, damaged: cut, a word replaced, left out, doubled or moved, a character changed.
fn damaged() -> impl Strategy<Value = String> {
    let good = prop_oneof![
        message().prop_map(|message| message.to_text()),
        record().prop_map(|record| record.to_text()),
        tombstone().prop_map(|tombstone| tombstone.to_text()),
    ];
    let odd = select(vec![
        "",
        "-",
        "0",
        "1",
        "2",
        "ffffffff",
        "100000000",
        "ffffffffffffffff",
        "is",
        "ask",
        "ä",
        "\n",
        "+1",
        "1.5",
    ]);
    (
        good,
        any::<(prop::sample::Index, prop::sample::Index, u8)>(),
        odd,
    )
        .prop_map(|(good, (one, other, how), odd)| {
            let mut words: Vec<&str> = good.split(' ').collect();
            let (one, other) = (one.index(words.len()), other.index(words.len()));
            match how % 6 {
                0 => words[one] = odd,
                1 => drop(words.remove(one)),
                2 => words.insert(one, odd),
                3 => words.swap(one, other),
                4 => words.truncate(one),
                _ => {
                    let chars = good.chars().count();
                    return good.chars().take(chars * one / words.len()).collect();
                }
            }
            words.join(" ")
        })
}

fn anything() -> impl Strategy<Value = String> {
    prop_oneof![
        1 => "(?s).{0,40}",
        1 => "2( [0-9a-f]{1,17}| -| is| ask| bye){0,16}",
        3 => damaged(),
    ]
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn a_message_is_read_as_it_was_written(message in message()) {
        prop_assert_eq!(Message::parse(&message.to_text()), Some(message));
    }

    #[test]
    fn a_record_is_read_as_it_was_written(record in record()) {
        prop_assert_eq!(Record::parse(&record.to_text()), Some(record));
    }

    #[test]
    fn a_tombstone_is_read_as_it_was_written(tombstone in tombstone()) {
        prop_assert_eq!(Tombstone::parse(&tombstone.to_text()), Some(tombstone));
    }

    #[test]
    fn whatever_stands_there_is_nothing_or_can_be_written_again(text in anything()) {
        if let Some(message) = Message::parse(&text) {
            prop_assert_eq!(Message::parse(&message.to_text()), Some(message));
        }
        if let Some(record) = Record::parse(&text) {
            prop_assert!(record.refresh_key.as_ref().is_none_or(|key| key.len() <= 256));
            prop_assert_eq!(Record::parse(&record.to_text()), Some(record));
        }
        if let Some(tombstone) = Tombstone::parse(&text) {
            prop_assert_eq!(Tombstone::parse(&tombstone.to_text()), Some(tombstone));
        }
        // Their number is bounded: a debug print names each with a comma at most.
        let tabs = format!("{:?}", Tabs::parse(&text));
        prop_assert!(tabs.matches(',').count() <= 64);
    }

    #[test]
    fn every_slot_is_read_by_itself(record in anything(), tombstone in anything(), login in anything(), tabs in anything()) {
        let stored = Stored::read(|slot| Some(match slot {
            Slot::Record => record.clone(),
            Slot::Tombstone => tombstone.clone(),
            Slot::Login => login.clone(),
            Slot::Tabs => tabs.clone(),
        }));
        prop_assert_eq!(stored.record, Record::parse(&record));
        prop_assert_eq!(stored.tombstone, Tombstone::parse(&tombstone));
        prop_assert_eq!(stored.tabs, Tabs::parse(&tabs));
    }
}

#[test]
fn an_epoch_that_a_login_wrote_down_is_read_as_it_was_written() {
    let mut page = crate::page::Page::with_peer();
    page.news(crate::words::news(crate::words::login(0xabc)));
    page.login();
    page.get_lock();
    page.pass(crate::words::ASK);
    assert_eq!(page.stored().login, Some(crate::words::login(0xabc).epoch));
}
