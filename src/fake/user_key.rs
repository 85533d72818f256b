//! The key of a user, as text.

use super::settings::FakeKeys;
use uuid::Builder;

/// What the numbers of users are multiplied by, so that neighbours have no digit in common: two odd numbers, from the golden ratio
/// and from the square root of two. A product with an odd number is different for each user.
const FACTORS: [u64; 2] = [0x9E37_79B9_7F4A_7C15, 0x6A09_E667_F3BC_C909];

/// Appends the key of `user`. It is the same in every data set.
pub(super) fn write_key(keys: FakeKeys, user: u64, text: &mut Vec<u8>) {
    match keys {
        FakeKeys::Short => {
            text.push(b'u');
            text.extend_from_slice(itoa::Buffer::new().format(user).as_bytes());
        }
        FakeKeys::Uuid => {
            let [high, low] = FACTORS.map(|factor| user.wrapping_mul(factor).swap_bytes());
            let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
            let uuid = Builder::from_random_bytes(bytes).into_uuid();
            text.extend_from_slice(uuid.hyphenated().encode_lower(&mut [0; 36]).as_bytes());
        }
    }
}
