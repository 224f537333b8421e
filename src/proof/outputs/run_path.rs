//! Where the run path and the interpreter of an ELF file stand.

use std::ops::Range;

use object::Endianness;
use object::elf::{
    DT_NULL, DT_RPATH, DT_RUNPATH, DT_STRTAB, FileHeader32, FileHeader64, PT_DYNAMIC, PT_INTERP, PT_LOAD,
};
use object::read::elf::{Dyn, FileHeader, ProgramHeader};

/// The bytes of an ELF file that are its run path (`DT_RPATH`, `DT_RUNPATH`) or the path of its interpreter
/// (`PT_INTERP`), ascending. None of what is no ELF file or is damaged there.
///
/// The linker may keep one string for several uses: then what has the run path's end in common with it is
/// taken for a part of it.
#[must_use]
pub fn spans(content: &[u8]) -> Vec<Range<usize>> {
    let mut found = match content.get(4) {
        Some(1) => spans_of::<FileHeader32<Endianness>>(content),
        Some(2) => spans_of::<FileHeader64<Endianness>>(content),
        _ => None,
    }
    .unwrap_or_default();
    found.sort_by_key(|span| (span.start, span.end));
    found.dedup();
    found
}

/// The interpreter of an ELF program, that the system runs it with. `None` of what has none, is no ELF file,
/// or is damaged there.
#[must_use]
pub fn interpreter(content: &[u8]) -> Option<&[u8]> {
    match content.get(4) {
        Some(1) => interpreter_of::<FileHeader32<Endianness>>(content),
        Some(2) => interpreter_of::<FileHeader64<Endianness>>(content),
        _ => None,
    }
}

fn interpreter_of<H: FileHeader<Endian = Endianness>>(content: &[u8]) -> Option<&[u8]> {
    let header = H::parse(content).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, content).ok()?;
    segments.iter().find_map(|segment| segment.interpreter(endian, content).ok()?)
}

fn spans_of<H: FileHeader<Endian = Endianness>>(content: &[u8]) -> Option<Vec<Range<usize>>> {
    let header = H::parse(content).ok()?;
    let endian = header.endian().ok()?;
    let segments = header.program_headers(endian, content).ok()?;
    let mut found = Vec::new();
    for segment in segments.iter().filter(|segment| segment.p_type(endian) == PT_INTERP) {
        let (offset, size) = segment.file_range(endian);
        let start = usize::try_from(offset).ok()?;
        let end = start.checked_add(usize::try_from(size).ok()?)?.min(content.len());
        if start < end {
            found.push(start..end);
        }
    }
    for segment in segments.iter().filter(|segment| segment.p_type(endian) == PT_DYNAMIC) {
        let Ok(Some(entries)) = segment.dynamic(endian, content) else { continue };
        let entries = || entries.iter().take_while(|entry| entry.tag(endian) != DT_NULL);
        let Some(strings) = entries().find(|entry| entry.tag(endian) == DT_STRTAB) else { continue };
        let Some(strings) = offset_of::<H>(endian, segments, strings.val(endian)) else { continue };
        for entry in entries().filter(|entry| [DT_RPATH, DT_RUNPATH].contains(&entry.tag(endian))) {
            let start = strings.checked_add(entry.val(endian)).and_then(|start| usize::try_from(start).ok());
            let Some(text) = start.and_then(|start| content.get(start..)) else { continue };
            let start = content.len() - text.len();
            found.push(start..start + memchr::memchr(0, text).unwrap_or(text.len()));
        }
    }
    Some(found)
}

/// The offset in the file of what is loaded to an address.
fn offset_of<H: FileHeader<Endian = Endianness>>(
    endian: Endianness,
    segments: &[H::ProgramHeader],
    address: u64,
) -> Option<u64> {
    segments.iter().filter(|segment| segment.p_type(endian) == PT_LOAD).find_map(|segment| {
        let start: u64 = segment.p_vaddr(endian).into();
        let within = address.checked_sub(start)?;
        let (offset, size) = segment.file_range(endian);
        (within < size).then(|| offset.checked_add(within)).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_what_is_damaged() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        assert!(!spans(&own).is_empty(), "a program for this machine names its interpreter");
        for length in (0..2048.min(own.len())).chain([own.len() / 2]) {
            let cut = &own[..length];
            assert!(spans(cut).into_iter().all(|span| cut.get(span).is_some()), "{length}");
        }
        for at in 0..1024 {
            let mut head = own[..own.len().min(1 << 16)].to_vec();
            head[at] ^= 0xff;
            assert!(spans(&head).into_iter().all(|span| head.get(span).is_some()), "{at}");
        }
    }

    #[test]
    fn the_interpreter_of_a_program() {
        let own = std::fs::read(std::env::current_exe().unwrap()).unwrap();
        let texts: Vec<String> =
            spans(&own).into_iter().map(|s| String::from_utf8_lossy(&own[s]).into_owned()).collect();
        assert!(texts.iter().any(|text| text.contains("ld-") || text.contains("ld.so")), "{texts:?}");
        let interpreter = String::from_utf8_lossy(interpreter(&own).unwrap()).into_owned();
        assert!(texts.iter().any(|text| text.trim_end_matches('\0') == interpreter), "{interpreter} {texts:?}");
    }
}
