//! A token that is not rotated.

use super::*;

#[test]
fn it_vouches_until_its_second_and_nothing_moves() {
    let mut family = opened(Contract::FixedCookie);
    for now in [NOW, NOW + 1, NOW + TTL - 1] {
        assert_eq!(family.vouch(now, 1, None, true), None);
        assert_eq!((family.seq(), family.expires_at()), (1, NOW + TTL));
    }
    let late = family.vouch(NOW + TTL, 1, None, true);
    assert_eq!(late, Some(Reason::Expired));
    assert_eq!(family.status(), &Status::Ended(Reason::Expired));
}

#[test]
fn what_ends_it_is_stored_and_said_from_then_on() {
    let mut inactive = opened(Contract::FixedCookie);
    assert_eq!(inactive.vouch(NOW, 1, None, false), Some(Reason::Inactive));
    assert_eq!(inactive.vouch(NOW, 1, None, true), Some(Reason::Inactive));
    let mut ahead = opened(Contract::FixedCookie);
    assert_eq!(ahead.vouch(NOW, 2, None, true), Some(Reason::Revoked));
    assert_eq!(ahead.vouch(NOW, 1, None, true), Some(Reason::Revoked));
}

#[test]
fn a_move_of_the_epoch_outranks_everything_and_is_not_stored() {
    let mut family = opened(Contract::FixedCookie);
    for (now, presented, active) in [(NOW, 1, true), (NOW + TTL, 2, false)] {
        let refused = family.vouch(now, presented, Some(Reason::Logout), active);
        assert_eq!(refused, Some(Reason::Logout));
    }
    assert_eq!(family.status(), &Status::Alive);
}
