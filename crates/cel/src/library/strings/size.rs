//! How long the results of text functions are, for estimates: always at least as much as they can be.
use crate::{Bounds, ResultSize, Sizes};

/// The size of what an overload of the library returns; `None` for scalars.
pub(super) fn of_result(id: &str) -> Option<ResultSize> {
    Some(match id {
        "string_char_at_int" => |_| Bounds { min: 0.0, max: 1.0 },
        "string_lower_ascii" | "string_upper_ascii" | "string_reverse" => |s| s.arg(0),
        "string_trim" | "string_substring_int" | "string_substring_int_int" => |s| s.arg(0).up_to(),
        "string_replace_string_string" | "string_replace_string_string_int" => {
            |s| replaced(s.arg(0), s.arg(1), s.arg(2))
        }
        "string_split_string" | "string_split_string_int" => parts,
        "list_join" | "list_join_string" => joined,
        _ => return None,
    })
}

/// As long as possible: the shortest that can be looked for is replaced by the longest there can be.
fn replaced(text: Bounds, old: Bounds, new: Bounds) -> Bounds {
    let text = text.up_to();
    let max = if old.min == 0.0 {
        (text + (text + 1.0) * new).max
    } else if new.max <= old.min {
        text.max
    } else {
        (text.scale(1.0 / old.min).ceil() * new).max
    };
    Bounds { min: 0.0, max }
}

/// One more than there are characters, or as many as a literal says.
fn parts(sizes: &Sizes<'_>) -> Bounds {
    let all = (sizes.arg(0) + 1.0).up_to();
    match sizes.argument(2).and_then(|argument| argument.int) {
        Some(limit @ 0..) => all.least(Bounds::exactly(limit as f64)).up_to(),
        _ => all,
    }
}

/// Every item, and the separator between them.
fn joined(sizes: &Sizes<'_>) -> Bounds {
    let count = sizes.arg(0);
    let item = sizes.argument(0).map_or(Bounds::ANY, |argument| argument.item);
    let between = Bounds { min: 0.0, max: (count.max - 1.0).max(0.0) };
    (count * item + between * sizes.arg(1)).up_to()
}
