//! The subprotocols that a client offers at the upgrade: the protocol itself, and its credentials.

use super::{GATE_MAX_LEN, SUBPROTOCOL};

/// What a client offered in `Sec-WebSocket-Protocol` (RFC 6455, section 11.3.4).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Offer {
    /// Whether [`SUBPROTOCOL`] is among the offered.
    pub speaks_v1: bool,
    /// `gate.<base64url>`.
    pub gate: GateOffer,
    /// `resume.<token>`, as it came: only the room that made it can read it.
    pub resume: Option<String>,
    /// `token.<jwt>`, as it came.
    pub token: Option<String>,
}

/// The gate that a client showed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum GateOffer {
    /// None.
    #[default]
    Absent,
    /// Something that can be no gate, so that it opens nothing and pins nothing.
    Invalid,
    /// Its text.
    Shown(String),
}

impl GateOffer {
    /// Reads a gate: 1 to [`GATE_MAX_LEN`] characters of base64url without padding (RFC 4648, section 5). It is compared
    /// as text and never decoded.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if text.is_empty() || text.len() > GATE_MAX_LEN || !text.bytes().all(allowed) {
            return Self::Invalid;
        }
        Self::Shown(text.to_owned())
    }
}

impl Offer {
    /// Reads the header's value. What is not known is ignored; of a credential given twice the first counts.
    #[must_use]
    pub fn read(header: &str) -> Self {
        let mut offer = Self::default();
        for item in header.split(',').map(str::trim) {
            if item == SUBPROTOCOL {
                offer.speaks_v1 = true;
            } else if let Some(gate) = item.strip_prefix("gate.") {
                if offer.gate == GateOffer::Absent {
                    offer.gate = GateOffer::read(gate);
                }
            } else if let Some(token) = item.strip_prefix("resume.") {
                offer.resume.get_or_insert_with(|| token.to_owned());
            } else if let Some(token) = item.strip_prefix("token.") {
                offer.token.get_or_insert_with(|| token.to_owned());
            }
        }
        offer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_offer_is_read_whatever_its_order_and_spacing() {
        let offer = Offer::read("resume.abc ,other,token.a.b.c, gate.Qm-_9,  switchboard.v1");
        assert_eq!(
            offer,
            Offer {
                speaks_v1: true,
                gate: GateOffer::Shown("Qm-_9".to_owned()),
                resume: Some("abc".to_owned()),
                token: Some("a.b.c".to_owned()),
            }
        );
    }

    #[test]
    fn only_the_exact_subprotocol_counts() {
        for header in ["", "switchboard.v2", "Switchboard.v1", "switchboard.v1x", "xswitchboard.v1"] {
            assert_eq!(Offer::read(header), Offer::default(), "{header:?}");
        }
    }

    #[test]
    fn a_gate_that_is_none_is_not_taken_for_an_absent_one() {
        for text in ["", "!!!", "a b", "AAAA==", "a+b", "a.b", &"A".repeat(GATE_MAX_LEN + 1)] {
            assert_eq!(GateOffer::read(text), GateOffer::Invalid, "{text:?}");
        }
        let longest = "A".repeat(GATE_MAX_LEN);
        assert_eq!(GateOffer::read(&longest), GateOffer::Shown(longest));
    }

    #[test]
    fn the_first_of_two_credentials_counts() {
        let offer = Offer::read("gate.!, gate.AAAA, resume.a, resume.b, token.a, token.b");
        let (resume, token) = (Some("a".to_owned()), Some("a".to_owned()));
        assert_eq!(offer, Offer { speaks_v1: false, gate: GateOffer::Invalid, resume, token });
    }
}
