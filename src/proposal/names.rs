//! Names that people give to columns.

/// What columns of keys are called, the most telling name first, in small letters and digits only.
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

/// What columns of event times are called, the most telling name first.
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

/// Names that are less alike, from 0 to 1, are not taken for each other's mistyped form.
const ALIKE: f64 = 0.8;

/// How much a name is that of a key: more is more.
pub(super) fn key_likeness(name: &str) -> usize {
    likeness(name, &KEYS)
}

/// How much a name is that of an event time.
pub(super) fn time_likeness(name: &str) -> usize {
    likeness(name, &TIMES)
}

/// The name among `names` that somebody may have meant by `wrong`.
pub fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n String>) -> Option<&'n String> {
    let wrong = wrong.to_lowercase();
    let alike = names.map(|name| (strsim::jaro_winkler(&wrong, &name.to_lowercase()), name));
    let best = alike.filter(|(alike, _)| *alike > ALIKE).max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, name)| name)
}

/// Behind a dot only the last part counts: it is the name of a member inside of an object.
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

    #[test]
    fn a_mistyped_name_finds_its_column() {
        let names = ["user_id".to_owned(), "timestamp".to_owned()];
        let nearest = |wrong| nearest(wrong, names.iter()).map(String::as_str);
        assert_eq!(
            [nearest("userid"), nearest("TimeStamp"), nearest("page")],
            [Some("user_id"), Some("timestamp"), None]
        );
    }
}
