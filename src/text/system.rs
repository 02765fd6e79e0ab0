//! The system's words for an error, as C programs print them.

use std::fmt::Display;

/// Without Rust's own "(os error 13)".
pub(crate) fn system_words(error: &dyn Display) -> String {
    let text = error.to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_left_out() {
        assert_eq!(system_words(&std::io::Error::from_raw_os_error(13)), "Permission denied");
    }
}
