//! All of the table against a second reading of the page, in every small case.

use super::*;

/// The page once more, read as prose reads: one condition after the other.
fn second_reading(family: &Family, now: Seconds, c: u64, key: Key, standing: Standing) -> Verdict {
    let (cur, u) = (family.seq, family.spent_bare);
    let (valid, k) = match key {
        Key::Handed(k) => (true, k),
        Key::Foreign(_) | Key::Absent => (false, 0),
    };
    let m = c.max(k);
    let equal = matches!(key, Key::Foreign(hash) if family.last_key == Some(hash));
    let fresh = standing.grace_ms > 0 && (now - family.rotated_at) * 1000 < standing.grace_ms;
    if let Some(reason) = standing.moved {
        return Verdict::Denied(reason);
    }
    if now >= family.expires_at {
        return Verdict::Denied(Reason::Expired);
    }
    if !standing.active {
        return Verdict::Denied(Reason::Inactive);
    }
    if c == cur {
        return Verdict::Advance;
    }
    if valid && m == cur && c < cur && family.replays < 100 {
        return Verdict::Replay;
    }
    let honest = ((valid && m > u) || equal) && family.replays < 100;
    if m + 1 == cur && (honest || (fresh && family.replays < 5)) {
        return Verdict::Replay;
    }
    if valid && m + 1 < cur && m > u {
        return Verdict::Superseded;
    }
    if c > cur {
        return Verdict::Denied(Reason::Revoked);
    }
    Verdict::Denied(Reason::Reuse)
}

#[test]
fn every_small_case_comes_out_as_a_second_reading_of_the_table_says() {
    let keys =
        [0, 1, 2, 3, 4, 5, 6]
            .map(Key::Handed)
            .into_iter()
            .chain([Key::Absent, text(1), text(2)]);
    let keys: Vec<Key> = keys.collect();
    let mut cases = 0_u64;
    for seq in 1..=5 {
        for spent_bare in 0..seq {
            for replays in [0, 4, 5, 99, 100] {
                for last_key in [None, Some(KeyHash([1; 32]))] {
                    let family = Family {
                        seq,
                        spent_bare,
                        replays,
                        last_key,
                        ..opened(Contract::Rotation)
                    };
                    for presented in 0..=6 {
                        for &key in &keys {
                            for age in [0, 9, 10, TTL] {
                                for standing in [
                                    GOOD,
                                    GRACE,
                                    Standing {
                                        active: false,
                                        ..GRACE
                                    },
                                    Standing {
                                        moved: Some(Reason::Logout),
                                        ..GOOD
                                    },
                                ] {
                                    let expected = second_reading(
                                        &family,
                                        NOW + age,
                                        presented,
                                        key,
                                        standing,
                                    );
                                    let verdict =
                                        family.clone().rotate(NOW + age, presented, key, standing);
                                    assert_eq!(
                                        verdict, expected,
                                        "{family:?} {presented} {key:?} {age} {standing:?}"
                                    );
                                    cases += 1;
                                }
                            }
                        }
                    }
                }
            }
        }
    }
    assert!(cases > 100_000, "{cases}");
}
