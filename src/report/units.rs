//! Times and sizes as people read them.

use indicatif::BinaryBytes;

use super::table::number;

/// A time in hours: `12 s`, `34.5 min`, `6.7 h`, `1,234 h`; `0` for nothing, a minus sign before a loss.
pub(super) fn duration(hours: f64) -> String {
    let sign = if hours < 0.0 { "-" } else { "" };
    let seconds = hours.abs() * 3_600.0;
    let one_digit = |value: f64| {
        // whole from a hundred on: nobody reads tenths there
        if value >= 99.95 { number(value.round() as u64) } else { format!("{value:.1}") }
    };
    let text = match seconds {
        0.0 => return "0".to_owned(),
        _ if seconds < 1.0 => format!("{:.0} ms", (seconds * 1_000.0).max(1.0)),
        _ if seconds < 99.5 => format!("{seconds:.0} s"),
        _ if seconds < 5_997.0 => format!("{} min", one_digit(seconds / 60.0)),
        _ => format!("{} h", one_digit(seconds / 3_600.0)),
    };
    format!("{sign}{text}")
}

/// A size: `512 B`, `4.10 GiB`.
pub(super) fn size(bytes: u64) -> String {
    BinaryBytes(bytes).to_string()
}

/// The difference of two sizes.
pub(super) fn size_change(bytes: i64) -> String {
    let sign = if bytes < 0 { "-" } else { "" };
    format!("{sign}{}", size(bytes.unsigned_abs()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        let of = |seconds: f64| duration(seconds / 3_600.0);
        for (seconds, expect) in [
            (0.0, "0"),
            (0.0001, "1 ms"),
            (0.25, "250 ms"),
            (1.0, "1 s"),
            (99.4, "99 s"),
            (99.6, "1.7 min"),
            (90.0 * 60.0, "90.0 min"),
            (99.94 * 60.0, "99.9 min"),
            (99.97 * 60.0, "1.7 h"),
            (7_200.0, "2.0 h"),
            (99.94 * 3_600.0, "99.9 h"),
            (99.96 * 3_600.0, "100 h"),
            (12_345.6 * 3_600.0, "12,346 h"),
            (-7_200.0, "-2.0 h"),
        ] {
            assert_eq!(of(seconds), expect, "{seconds} s");
        }
    }

    #[test]
    fn sizes() {
        assert_eq!([size(0), size(1_023), size(1_536), size(4_402_341_478)], ["0 B", "1023 B", "1.50 KiB", "4.10 GiB"]);
        assert_eq!(size_change(-1_048_576), "-1.00 MiB");
    }
}
