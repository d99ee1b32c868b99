//! The table of rotation, row by row.

use super::*;

/// A family whose client renewed, with its key, until this token was the current one.
fn at(seq: u64) -> Family {
    let mut family = opened(Contract::Rotation);
    while family.seq < seq {
        let key = Key::Handed(family.seq);
        assert_eq!(family.rotate(NOW, family.seq, key, GOOD), Verdict::Advance);
    }
    family
}

#[test]
fn row_2_an_ended_family_says_its_stored_reason_and_does_not_change() {
    for reason in [
        Reason::Logout,
        Reason::Reuse,
        Reason::Revoked,
        Reason::Inactive,
        Reason::Expired,
    ] {
        let mut family = at(3);
        family.end(Status::Ended(reason));
        family.end(Status::Ended(Reason::Logout));
        for presented in [1, 2, 3, 4] {
            assert_eq!(
                family.rotate(NOW, presented, Key::Handed(3), GRACE),
                Verdict::Denied(reason)
            );
        }
        assert_eq!(family.seq, 3);
    }
}

#[test]
fn row_2_a_family_of_an_earlier_epoch_says_the_reason_of_the_move_even_when_expired_or_reused() {
    let mut family = at(3);
    let moved = Standing {
        moved: Some(Reason::Logout),
        active: false,
        ..GOOD
    };
    assert_eq!(
        family.rotate(NOW, 3, Key::Absent, moved),
        Verdict::Denied(Reason::Logout)
    );
    assert_eq!(
        family.rotate(NOW + 9 * TTL, 1, Key::Absent, moved),
        Verdict::Denied(Reason::Logout)
    );
    assert_eq!(
        family.status,
        Status::Alive,
        "nothing is stored: the epoch says it"
    );
}

#[test]
fn row_3_at_its_expiry_a_token_is_expired_and_the_family_ends() {
    let mut family = at(1);
    assert_eq!(
        family.clone().rotate(NOW + TTL - 1, 1, Key::Absent, GOOD),
        Verdict::Advance
    );
    assert_eq!(
        family.rotate(NOW + TTL, 1, Key::Absent, GOOD),
        Verdict::Denied(Reason::Expired)
    );
    assert_eq!(family.status, Status::Ended(Reason::Expired));
}

#[test]
fn row_3_the_absolute_expiry_is_not_moved_by_rotation() {
    let mut family = opened(Contract::Rotation);
    for step in 1..=5 {
        let now = NOW + step * TTL / 2;
        assert_eq!(
            family.rotate(now, family.seq, Key::Absent, GOOD),
            Verdict::Advance
        );
        assert!(family.expires_at() <= NOW + 3 * TTL);
    }
    assert_eq!(
        family.rotate(NOW + 3 * TTL, 6, Key::Absent, GOOD),
        Verdict::Denied(Reason::Expired)
    );
}

#[test]
fn row_3_comes_before_row_10_so_a_spent_token_of_an_idle_family_is_expired() {
    let mut family = at(5);
    assert_eq!(
        family.rotate(NOW + TTL, 1, Key::Absent, GOOD),
        Verdict::Denied(Reason::Expired)
    );
}

#[test]
fn row_4_the_family_of_an_inactive_user_ends() {
    let mut family = at(2);
    let inactive = Standing {
        active: false,
        ..GOOD
    };
    assert_eq!(
        family.rotate(NOW, 2, Key::Handed(2), inactive),
        Verdict::Denied(Reason::Inactive)
    );
    assert_eq!(family.status, Status::Ended(Reason::Inactive));
    assert_eq!(
        family.rotate(NOW, 2, Key::Handed(2), GOOD),
        Verdict::Denied(Reason::Inactive)
    );
}

#[test]
fn row_5_the_current_token_advances_by_one_whatever_key_comes_along() {
    for (key, spent_bare) in [
        (Key::Absent, 3),
        (Key::Handed(1), 0),
        (Key::Handed(3), 0),
        (text(1), 3),
    ] {
        let mut family = at(3);
        assert_eq!(family.rotate(NOW + 5, 3, key, GOOD), Verdict::Advance);
        assert_eq!(
            (family.seq, family.rotated_at, family.spent_bare),
            (4, NOW + 5, spent_bare),
            "{key:?}"
        );
        assert_eq!(family.expires_at, NOW + 5 + TTL);
    }
}

#[test]
fn row_6_with_the_current_key_an_older_cookie_gets_the_current_token_a_hundred_times() {
    let mut family = at(5);
    for turn in 0..100 {
        assert_eq!(
            family.rotate(NOW, 1 + turn % 4, Key::Handed(5), GOOD),
            Verdict::Replay,
            "{turn}"
        );
    }
    assert_eq!(family.seq, 5);
    assert_eq!(
        family.rotate(NOW, 4, Key::Handed(5), GOOD),
        Verdict::Denied(Reason::Reuse)
    );
}

#[test]
fn row_7_with_the_previous_key_a_lost_answer_is_repeated_a_hundred_times() {
    let mut family = at(5);
    let expires_at = family.expires_at;
    for turn in 0..100 {
        // The jar may be anywhere behind: what counts is the newest of both.
        let (presented, key) = if turn % 2 == 0 {
            (4, Key::Handed(2))
        } else {
            (2, Key::Handed(4))
        };
        assert_eq!(
            family.rotate(NOW + turn, presented, key, GOOD),
            Verdict::Replay,
            "{turn}"
        );
    }
    assert_eq!(
        (family.seq, family.rotated_at, family.expires_at),
        (5, NOW, expires_at),
        "no expiry moves"
    );
    assert_eq!(
        family.rotate(NOW, 4, Key::Handed(4), GOOD),
        Verdict::Denied(Reason::Reuse)
    );
}

#[test]
fn row_7_a_rotation_gives_the_replays_back() {
    let mut family = at(5);
    for _ in 0..100 {
        assert_eq!(family.rotate(NOW, 4, Key::Handed(4), GOOD), Verdict::Replay);
    }
    assert_eq!(
        family.rotate(NOW, 5, Key::Handed(5), GOOD),
        Verdict::Advance
    );
    assert_eq!(family.rotate(NOW, 5, Key::Handed(5), GOOD), Verdict::Replay);
}

#[test]
fn row_7_a_key_from_before_a_keyless_rotation_vouches_for_nothing() {
    // The thief had the current token and no key: the victim's next refresh is reuse.
    let mut family = at(3);
    assert_eq!(family.rotate(NOW, 3, Key::Absent, GOOD), Verdict::Advance);
    assert_eq!(
        family.rotate(NOW, 3, Key::Handed(3), GOOD),
        Verdict::Denied(Reason::Reuse)
    );
}

#[test]
fn row_7_the_same_foreign_key_repeats_and_another_does_not() {
    let mut family = at(3);
    assert_eq!(family.rotate(NOW, 3, text(7), GOOD), Verdict::Advance);
    for turn in 0..100 {
        assert_eq!(
            family.rotate(NOW, 3, text(7), GOOD),
            Verdict::Replay,
            "{turn}"
        );
    }
    assert_eq!(
        family.clone().rotate(NOW, 3, text(7), GOOD),
        Verdict::Denied(Reason::Reuse)
    );
    assert_eq!(
        family.clone().rotate(NOW, 3, text(8), GOOD),
        Verdict::Denied(Reason::Reuse)
    );
    assert_eq!(
        family.rotate(NOW, 2, text(7), GOOD),
        Verdict::Denied(Reason::Reuse),
        "only for the predecessor"
    );
}

#[test]
fn row_7_grace_forgives_the_predecessor_five_times_and_only_for_its_time() {
    let mut family = at(3);
    assert_eq!(
        family.clone().rotate(NOW, 1, Key::Absent, GRACE),
        Verdict::Denied(Reason::Reuse)
    );
    assert_eq!(
        family.clone().rotate(NOW + 10, 2, Key::Absent, GRACE),
        Verdict::Denied(Reason::Reuse)
    );
    for _ in 0..5 {
        assert_eq!(
            family.rotate(NOW + 9, 2, Key::Absent, GRACE),
            Verdict::Replay
        );
    }
    assert_eq!(
        family.clone().rotate(NOW + 9, 2, Key::Absent, GRACE),
        Verdict::Denied(Reason::Reuse)
    );
    assert_eq!(
        family.rotate(NOW + 9, 2, Key::Handed(2), GRACE),
        Verdict::Replay,
        "the key's own cap applies"
    );
}

#[test]
fn row_8_an_old_copy_of_an_honest_request_is_superseded_and_changes_nothing() {
    let mut family = at(5);
    for (presented, key) in [(3, 3), (1, 3), (3, 1), (2, 2), (1, 1)] {
        for _ in 0..200 {
            assert_eq!(
                family.rotate(NOW, presented, Key::Handed(key), GOOD),
                Verdict::Superseded
            );
        }
    }
    assert_eq!(
        (family.seq, family.replays, &family.status),
        (5, 0, &Status::Alive)
    );
}

#[test]
fn row_8_does_not_hold_for_what_is_older_than_a_keyless_rotation() {
    let mut family = at(3);
    assert_eq!(family.rotate(NOW, 3, Key::Absent, GOOD), Verdict::Advance);
    assert_eq!(
        family.rotate(NOW, 4, Key::Handed(4), GOOD),
        Verdict::Advance
    );
    assert_eq!(
        family.clone().rotate(NOW, 3, Key::Handed(3), GOOD),
        Verdict::Denied(Reason::Reuse)
    );
    assert_eq!(
        family.rotate(NOW, 4, Key::Handed(3), GOOD),
        Verdict::Replay,
        "position 4 was spent with a key"
    );
}

#[test]
fn row_9_a_token_ahead_of_the_record_ends_the_family_as_revoked() {
    let mut family = at(3);
    assert_eq!(
        family.rotate(NOW, 4, Key::Handed(3), GOOD),
        Verdict::Denied(Reason::Revoked)
    );
    assert_eq!(family.status, Status::Ended(Reason::Revoked));
}

#[test]
fn row_10_a_spent_token_without_a_key_is_reuse_at_once() {
    for presented in [1, 2, 3] {
        let mut family = at(4);
        assert_eq!(
            family.rotate(NOW, presented, Key::Absent, GOOD),
            Verdict::Denied(Reason::Reuse)
        );
        assert_eq!(
            family.status,
            Status::Alive,
            "what it ends is the caller's to say"
        );
    }
}
