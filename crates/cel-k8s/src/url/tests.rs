use proptest::prelude::*;

use super::Url;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn parts() {
    // (text, scheme, host, hostname, port, escaped path)
    for (text, scheme, host, hostname, port, path) in [
        ("/path", "", "", "", "", "/path"),
        ("//path", "", "", "", "", "//path"),
        ("https://example.com", "https", "example.com", "example.com", "", ""),
        ("HTTPS://Example.com:80/", "https", "Example.com:80", "Example.com", "80", "/"),
        ("https://example.com:/", "https", "example.com:", "example.com", "", "/"),
        ("https://[::1]:80/", "https", "[::1]:80", "::1", "80", "/"),
        ("https://[::1]/", "https", "[::1]", "::1", "", "/"),
        ("https://[fe80::1%25en0]/", "https", "[fe80::1%en0]", "fe80::1%en0", "", "/"),
        ("https://u:p@h/with space/", "https", "h", "h", "", "/with%20space/"),
        ("https://h/a%2Fb", "https", "h", "h", "", "/a%2Fb"),
        ("https://h/a#b", "https", "h", "h", "", "/a%23b"),
        ("https:://kubernetes.io/", "https", "", "", "", ""),
        ("mailto:a@b.c", "mailto", "", "", "", ""),
        ("postgres://a:1,b:2/x", "postgres", "a:1,b:2", "a:1,b", "2", "/x"),
        ("*", "", "", "", "", "*"),
    ] {
        let url = url(text);
        assert_eq!(
            (url.scheme(), url.host(), url.hostname(), url.port(), url.escaped_path()),
            (scheme, host, hostname, port, path),
            "{text}"
        );
    }
}

#[test]
fn refusals() {
    for (text, reason) in [
        ("", "empty url"),
        ("path", "invalid URI for request"),
        (":x", "missing protocol scheme"),
        ("https://a:b:c/", "invalid port \":b:c\" after host"),
        ("https://a:1:2/", "invalid port \":1:2\" after host"),
        ("https://[::1/", "missing ']' in host"),
        ("https://[1.2.3.4]/", "invalid IP-literal"),
        ("https://h/%zz", "invalid URL escape \"%zz\""),
        ("https://h/%a", "invalid URL escape \"%a\""),
        ("https://h%41/", "invalid URL escape \"%41\""),
        ("https://a b/", "invalid character \" \" in host name"),
        ("https://a^b@h/", "net/url: invalid userinfo"),
        ("/a\nb", "net/url: invalid control character in URL"),
    ] {
        let error = Url::parse(text).expect_err(text).to_string();
        assert_eq!(error, format!("parse {}: {reason}", super::quote(text)));
    }
}

#[test]
fn queries() {
    let query = |text| url(text).query().into_iter().collect::<Vec<_>>();
    let pair = |key: &str, values: &[&str]| {
        (key.to_owned(), values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>())
    };
    assert_eq!(query("https://h/p?"), []);
    assert_eq!(
        query("/p?key with spaces=value+with%20spaces"),
        [pair("key with spaces", &["value with spaces"])]
    );
    assert_eq!(query("/p?b=2&a=1&b=3&&c"), [pair("a", &["1"]), pair("b", &["2", "3"]), pair("c", &[""])]);
    assert_eq!(query("/p?a=%zz&b;c=1&d=1"), [pair("d", &["1"])]);
    assert_eq!(query(&format!("/p?{}", "a&".repeat(10_000))), []);
}

#[test]
fn normal_form_decides_equality() {
    assert_eq!(url("HTTP://h/a b"), url("http://h/a%20b"));
    assert_ne!(url("http://h/p"), url("http://h/p?"));
    assert_eq!(url("http://a%20b:p@h").to_string(), "http://a%20b:p@h");
}

proptest! {
    #[test]
    fn never_panics(text in ".{0,60}") {
        let _ = Url::parse(&text);
    }

    #[test]
    fn display_is_stable(text in "(https?|x)?:?/?/?([a-c%@:\\[\\]]|%[2-9a-c][0-9a-f]){0,12}(/[a-c%20~ ]{0,5}){0,2}(\\?[a-b=&;]{0,6})?") {
        if let Ok(url) = Url::parse(&text) {
            let again = Url::parse(&url.to_string());
            prop_assert_eq!(again.map(|u| u.to_string()), Ok(url.to_string()));
        }
    }
}
