//! Names of objects that need care in a URL.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on ends")]
#![allow(clippy::disallowed_methods, reason = "tests read files")]

use crate::store::{Bucket, log};

#[test]
fn names_are_those_of_the_store_whatever_stands_in_them() {
    let Some(bucket) = Bucket::new() else { return };
    // As they stand in a request, and as a user names them.
    let names = [
        ("a%20b.csv", "a b.csv"),
        ("%C3%A4.csv", "ä.csv"),
        ("x%252Fy.csv", "x%2Fy.csv"),
        ("a%2Bb~c.csv", "a+b~c.csv"),
    ];
    for (day, (encoded, name)) in (0..).zip(names) {
        bucket.put(encoded, log(day * 86_400, 100));
        assert_eq!(bucket.run(name)["rows_read"], 100, "{name}");
    }
    bucket.proxy.pass();
    assert_eq!(bucket.run("*.csv")["status"], "nothing-to-do");
    assert_eq!(bucket.proxy.gets(), [""; 0]);
}
