//! Usual names of columns.

/// Usual names of key columns, the most telling one first, in lower case and digits only.
const KEYS: [&str; 44] = [
    "userid",
    "user",
    "uid",
    "visitorid",
    "fullvisitorid",
    "userpseudoid",
    "anonymousid",
    "domainuserid",
    "networkuserid",
    "customerid",
    "clientid",
    "memberid",
    "accountid",
    "personid",
    "deviceid",
    "cookieid",
    "visitor",
    "customer",
    "client",
    "member",
    "account",
    "person",
    "player",
    "playerid",
    "username",
    "login",
    "email",
    "device",
    "cookie",
    "remotehost",
    "cip",
    "clientip",
    "remoteaddr",
    "remoteip",
    "ipaddress",
    "ip",
    "host",
    "clientport",
    "sensorid",
    "sensor",
    "key",
    "trackingid",
    "tailnum",
    "sessionid",
];

/// Usual names of time columns, the most telling one first.
const TIMES: [&str; 26] = [
    "eventtime",
    "eventtimestamp",
    "timestamp",
    "originaltimestamp",
    "derivedtstamp",
    "collectortstamp",
    "ts",
    "time",
    "datetime",
    "eventdate",
    "eventts",
    "occurredat",
    "occurred",
    "createdat",
    "created",
    "requesttime",
    "timestamputc",
    "when",
    "at",
    "loggedat",
    "starttime",
    "timelocal",
    "timehour",
    "receivedat",
    "sentat",
    "date",
];

/// How much a name is that of a key: more is more.
pub fn key_likeness(name: &str) -> usize {
    likeness(name, &KEYS)
}

/// How much a name is that of an event time.
pub fn time_likeness(name: &str) -> usize {
    likeness(name, &TIMES)
}

/// After a dot, only the last part counts: it names a member of an object.
fn likeness(name: &str, known: &[&str]) -> usize {
    let last = name.rsplit('.').next().unwrap_or(name);
    let plain: String = last.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_lowercase();
    known.iter().position(|other| *other == plain).map_or(0, |place| known.len() - place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_known_in_every_spelling() {
        for name in ["user_id", "userId", "User ID", "context.userId", "USER-ID"] {
            assert_eq!(key_likeness(name), KEYS.len(), "{name}");
        }
        assert!(key_likeness("ip") > key_likeness("session_id") && key_likeness("page") == 0);
        assert!(time_likeness("timestamp") > time_likeness("date") && time_likeness("month") == 0);
    }
}
