//! The one table of close codes and error words.

use serde::Serialize;

/// The `code` of an `error` frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ErrorCode {
    /// This peer connected elsewhere.
    Replaced,
    /// The host removed this peer.
    Removed,
    /// Every seat is taken.
    Full,
    /// The gate or the join token is missing or wrong.
    Unauthorized,
    /// The host did not let this peer in.
    Denied,
    /// The host ended the call for everybody.
    Ended,
    /// The rate limit.
    TooManyMessages,
    /// A frame was larger than `messageBytes`.
    TooLarge,
    /// A frame could not be read.
    Malformed,
    /// Only the host may send this frame.
    NotHost,
}

/// Why the server closes a connection. Any other loss of a connection means: reconnect and resume.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloseCode {
    /// 1000: the peer said `bye`.
    Normal,
    /// 1001: the connection gave no sign of life for so long that it counts as vanished. A client that does get to see
    /// this is alive after all, and resumes.
    Vanished,
    /// 4001: this peer connected elsewhere; do not reconnect.
    Replaced,
    /// 4002: the host removed this peer.
    Removed,
    /// 4003: every seat is taken.
    Full,
    /// 4004: the gate or the join token is missing or wrong.
    Unauthorized,
    /// 4005: the host did not let this peer in.
    Denied,
    /// 4006: the host ended the call for everybody.
    Ended,
    /// 4008: the peer kept on sending above the rate limit.
    TooManyMessages,
    /// 4009: a frame was larger than `messageBytes`.
    TooLarge,
    /// 4010: too many malformed frames.
    Malformed,
}

impl CloseCode {
    /// The number on the wire (RFC 6455, section 7.4: 4000 to 4999 are for private use).
    #[must_use]
    pub fn number(self) -> u16 {
        match self {
            Self::Normal => 1000,
            Self::Vanished => 1001,
            Self::Replaced => 4001,
            Self::Removed => 4002,
            Self::Full => 4003,
            Self::Unauthorized => 4004,
            Self::Denied => 4005,
            Self::Ended => 4006,
            Self::TooManyMessages => 4008,
            Self::TooLarge => 4009,
            Self::Malformed => 4010,
        }
    }

    /// The reason on the wire: the same word as the `error` code.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Normal => "bye",
            Self::Vanished => "vanished",
            Self::Replaced => "replaced",
            Self::Removed => "removed",
            Self::Full => "full",
            Self::Unauthorized => "unauthorized",
            Self::Denied => "denied",
            Self::Ended => "ended",
            Self::TooManyMessages => "too-many-messages",
            Self::TooLarge => "too-large",
            Self::Malformed => "malformed",
        }
    }
}

/// Whether a close that a client sent means that it left: 1000 and 1001 say so (RFC 6455, section 7.4.1), and so does a
/// close frame without a code, which arrives as 1005 and is what `socket.close()` sends. Anything else is a lost
/// connection whose seat is kept.
#[must_use]
pub fn says_goodbye(code: u16, was_clean: bool) -> bool {
    was_clean && matches!(code, 1000 | 1001 | 1005)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_of_a_close_is_the_word_of_its_error() {
        for (close, error) in [
            (CloseCode::Replaced, ErrorCode::Replaced),
            (CloseCode::Removed, ErrorCode::Removed),
            (CloseCode::Full, ErrorCode::Full),
            (CloseCode::Unauthorized, ErrorCode::Unauthorized),
            (CloseCode::Denied, ErrorCode::Denied),
            (CloseCode::Ended, ErrorCode::Ended),
            (CloseCode::TooManyMessages, ErrorCode::TooManyMessages),
            (CloseCode::TooLarge, ErrorCode::TooLarge),
            (CloseCode::Malformed, ErrorCode::Malformed),
        ] {
            assert_eq!(serde_json::to_string(&error).unwrap(), format!("\"{}\"", close.reason()));
        }
    }

    #[test]
    fn only_a_clean_close_without_a_complaint_says_goodbye() {
        assert!(says_goodbye(1000, true) && says_goodbye(1001, true) && says_goodbye(1005, true));
        assert!(!says_goodbye(1000, false) && !says_goodbye(1006, false) && !says_goodbye(1011, true));
        assert!(!says_goodbye(3000, true) && !says_goodbye(4100, true));
    }
}
