//! What may be kept of a `ProxyCommand`: it may hold a password (`sshpass -p …`,
//! `--proxy-auth NAME:…`), and which of its words is one, only its program knows.
//!
//! So of the values only those are kept that can be none: ssh's own tokens, and ports
//! and hosts where the program is ssh, which takes no password there.

use std::borrow::Cow;

const MASK: &str = "***";

/// The command with `***` in the place of every word that could be a secret.
pub(super) fn without_secrets(command: &str) -> String {
    let Some(words) = words(command) else {
        let program = command.split_whitespace().next().unwrap_or_default();
        return format!("{} {MASK}", setting(program).unwrap_or(program.into()));
    };
    let mut shown: Vec<Cow<'_, str>> = Vec::new();
    let mut program: Option<&str> = None;
    let mut is_value = false;
    for word in &words {
        let was_option = std::mem::take(&mut is_value);
        shown.push(if program.is_none() {
            setting(word).unwrap_or_else(|| {
                program = (word != "exec").then_some(word);
                word.into()
            })
        } else if word.starts_with('-') {
            is_value = word.len() == 2 || word.starts_with("--") && !word.contains('=');
            option(word)
        } else if is_token(word)
            || program.is_some_and(is_ssh) && (is_port(word) || !was_option && is_host(word))
        {
            word.into()
        } else {
            MASK.into()
        });
    }
    shown.join(" ")
}

/// The words as a shell splits them; nothing where it would do more than that.
fn words(command: &str) -> Option<Vec<String>> {
    if command.contains([';', '|', '&', '$', '`', '<', '>', '(', ')', '\\', '\n']) {
        return None;
    }
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for letter in command.chars() {
        match quote {
            Some(open) if open == letter => quote = None,
            None if letter == '\'' || letter == '"' => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            None if letter == ' ' || letter == '\t' => words.extend(word.take()),
            _ => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

/// `NAME=VALUE` before the program.
fn setting(word: &str) -> Option<Cow<'_, str>> {
    let (name, _) = word.split_once('=')?;
    Some(format!("{name}={MASK}").into())
}

/// An option by itself; its value may be written without a blank.
fn option(word: &str) -> Cow<'_, str> {
    if let Some((name, _)) = word.split_once('=').filter(|_| word.starts_with("--")) {
        return format!("{name}={MASK}").into();
    }
    let Some(letter) = word.chars().nth(1) else { return word.into() };
    let is_repeated = word.chars().skip(1).all(|other| other == letter);
    if word.starts_with("--") || word.len() == 2 || is_repeated && matches!(letter, 'v' | 'q') {
        return word.into();
    }
    format!("-{letter}{MASK}").into()
}

/// ssh's tokens (`%h`), and what may stand between them.
fn is_token(word: &str) -> bool {
    let mut before = ' ';
    word.chars().all(|letter| {
        let is_token = before == '%' && letter.is_ascii_alphabetic();
        before = letter;
        is_token || "%:[]".contains(letter)
    })
}

fn is_port(word: &str) -> bool {
    word.parse::<u16>().is_ok()
}

fn is_ssh(program: &str) -> bool {
    program.rsplit('/').next() == Some("ssh")
}

/// `[USER@]HOST`.
fn is_host(word: &str) -> bool {
    word.chars().all(|letter| letter.is_ascii_alphanumeric() || "@.-_[]:%".contains(letter))
        && !word.split_once('@').is_some_and(|(user, _)| user.contains(':'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_value_is_kept_that_could_be_a_password() {
        for (command, shown) in [
            ("nc %h %p", "nc %h %p"),
            ("ssh -W %h:%p joe@jump.example", "ssh -W %h:%p joe@jump.example"),
            (
                "/usr/bin/ssh -qq -p 2222 jump.example -W [%h]:%p",
                "/usr/bin/ssh -qq -p 2222 jump.example -W [%h]:%p",
            ),
            ("ssh joe:geheim@jump.example", "ssh ***"),
            ("sshpass -p geheim ssh -W %h:%p jump.example", "sshpass -p *** *** -W %h:%p ***"),
            ("sshpass -pgeheim ssh jump.example", "sshpass -p*** *** ***"),
            ("sshpass -p 'ge heim' nc %h %p", "sshpass -p *** *** %h %p"),
            ("exec env PW=geheim tunnel %h:%p", "exec env *** *** %h:%p"),
            ("PW=geheim exec tunnel geheim %p", "PW=*** exec tunnel *** %p"),
            ("nc --proxy-auth joe:geheim -X connect %h", "nc --proxy-auth *** -X *** %h"),
            (
                "tunnel --password=geheim --proxy http://joe:geheim@proxy.example %h",
                "tunnel --password=*** --proxy *** %h",
            ),
            ("tunnel $(cat geheim) %h", "tunnel ***"),
            ("sshpass -ppp nc %h %p", "sshpass -p*** *** %h %p"),
            ("sshpass -p 123456 nc %h %p", "sshpass -p *** *** %h %p"),
            ("PW=geheim; tunnel %h", "PW=*** ***"),
            ("tunnel 'geheim", "tunnel ***"),
            ("", ""),
        ] {
            let kept = without_secrets(command);
            assert_eq!(kept, shown, "{command}");
            assert!(!kept.contains("heim") && !kept.contains("1234"), "{kept}");
        }
    }
}
