//! `url`, `isURL` and the parts of a URL.

use kro_cel::{
    Call, Cost, Entries, EvalError, Functions, Key, Library, Overload, Text, Type, Value,
    library::arguments::text,
};

use super::native::{Native, invalid, native, once, own, shared};
use crate::url::Url;

/// The `kubernetes.urls` library.
#[derive(Debug, Clone, Copy)]
pub struct Urls;

impl Native for Url {
    const TYPE: &'static str = "kubernetes.URL";
}

impl Library for Urls {
    fn name(&self) -> &'static str {
        "kubernetes.urls"
    }

    fn declare(&self, functions: &mut Functions) {
        functions.add_type(Url::TYPE, Type::opaque(Url::TYPE));
        functions.add(
            Overload::new("string_to_url", "url(string) -> kubernetes.URL", |_, args| {
                let url = Url::parse(text(args, 0)?);
                url.map(native).map_err(|error| {
                    invalid(format!("URL parse error during conversion from string: {error}"))
                })
            })
            .specialise(|args| once(args, |text| Url::parse(text).ok()))
            .profile_cost(Cost::Traverse)
            .example("url('https://example.com/').getHost() == 'example.com'"),
        );
        functions.add(
            Overload::new("is_url_string", "isURL(string) -> bool", |_, args| {
                Ok(Value::Bool(Url::parse(text(args, 0)?).is_ok()))
            })
            .example("isURL('/path') && !isURL('path')"),
        );
        let mut getter = |id: &str, name: &str, code, example| {
            let signature = format!("<kubernetes.URL>.{name}() -> string");
            functions.add(Overload::new(id, &signature, code).profile_cost(Cost::Fixed(1)).example(example));
        };
        getter(
            "url_get_scheme",
            "getScheme",
            |call, args| shared(call, own::<Url>(args, 0)?.scheme()),
            "url('https://example.com/').getScheme() == 'https'",
        );
        getter(
            "url_get_host",
            "getHost",
            |call, args| shared(call, own::<Url>(args, 0)?.host()),
            "url('https://[::1]:80/').getHost() == '[::1]:80'",
        );
        getter(
            "url_get_hostname",
            "getHostname",
            |call, args| shared(call, own::<Url>(args, 0)?.hostname()),
            "url('https://[::1]:80/').getHostname() == '::1'",
        );
        getter(
            "url_get_port",
            "getPort",
            |call, args| shared(call, own::<Url>(args, 0)?.port()),
            "url('https://example.com:80/').getPort() == '80'",
        );
        getter(
            "url_get_escaped_path",
            "getEscapedPath",
            |call, args| shared(call, own::<Url>(args, 0)?.escaped_path()),
            "url('/with space').getEscapedPath() == '/with%20space'",
        );
        functions.add(
            Overload::new("url_get_query", "<kubernetes.URL>.getQuery() -> map(string, list(string))", query)
                .profile_cost(Cost::Fixed(1))
                .example("url('/p?a=1&a=2').getQuery() == {'a': ['1', '2']}"),
        );
    }
}

fn query<'a>(call: &mut Call<'_>, args: &[Value<'a>]) -> Result<Value<'a>, EvalError> {
    let mut entries = Entries::default();
    for (name, values) in own::<Url>(args, 0)?.query() {
        call.reserve_list(values.len() + 2)?;
        let values = values.iter().map(|value| shared(call, value)).collect::<Result<_, _>>()?;
        call.reserve(name.len())?;
        entries.insert(Key::String(Text::Owned(name.into())), Value::list(values));
    }
    Ok(Value::map(entries))
}
