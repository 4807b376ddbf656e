//! The string formats Kubernetes gives names to: names and labels with apimachinery's messages, and the
//! OpenAPI formats its CEL library offers. Says what is wrong with a text; never changes one.

mod name;
mod openapi;

/// A named string format.
#[derive(Debug)]
pub struct Format {
    name: &'static str,
    pattern_size: u32,
    check: fn(&str) -> Vec<String>,
}

impl Format {
    /// The format of this name, as `format.named` knows it.
    pub fn named(name: &str) -> Option<&'static Self> {
        FORMATS.iter().find(|format| format.name == name)
    }

    /// The format's name, e.g. `dns1123Label`.
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The number of characters of the pattern that stands for this format in cost estimates.
    pub fn pattern_size(&self) -> u32 {
        self.pattern_size
    }

    /// What is wrong with the text; empty when it is valid.
    pub fn validate(&self, text: &str) -> Vec<String> {
        (self.check)(text)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

/// All formats, in the order of Kubernetes' documentation.
pub static FORMATS: [Format; 13] = [
    format("dns1123Label", 30, name::dns1123_label),
    format("dns1123Subdomain", 60, name::dns1123_subdomain),
    format("dns1035Label", 30, name::dns1035_label),
    format("qualifiedName", 60, name::qualified_name),
    format("dns1123LabelPrefix", 30, |text| name::dns1123_label(&name::mask_trailing_dash(text))),
    format("dns1123SubdomainPrefix", 60, |text| name::dns1123_subdomain(&name::mask_trailing_dash(text))),
    format("dns1035LabelPrefix", 30, |text| name::dns1035_label(&name::mask_trailing_dash(text))),
    format("labelValue", 40, name::label_value),
    format("uri", 1120, openapi::uri),
    format("uuid", 70, openapi::uuid),
    format("byte", 84, openapi::byte),
    format("date", 71, openapi::date),
    format("datetime", 71, openapi::date_time),
];

const fn format(name: &'static str, pattern_size: u32, check: fn(&str) -> Vec<String>) -> Format {
    Format { name, pattern_size, check }
}

#[cfg(test)]
mod tests;
