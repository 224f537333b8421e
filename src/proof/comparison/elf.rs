//! Two ELF files that may differ in their run path.

use std::collections::BTreeSet;

use object::Endianness;
use object::elf::{
    self, DT_GNU_HASH, DT_HASH, DT_JMPREL, DT_NULL, DT_REL, DT_RELA, DT_RELR, DT_RPATH, DT_RUNPATH, DT_STRSZ,
    DT_STRTAB, DT_SYMTAB, DT_VERDEF, DT_VERNEED, DT_VERSYM, FileHeader32, FileHeader64,
};
use object::read::StringTable;
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader, SectionTable, Sym};

use super::paths::Rules;
use super::walk::walk;
use super::words::{elements_gone, same};
use crate::verdict::Carrier;

/// Whether two ELF files are the same but for store paths that stand for each other, for entries of the run
/// path that are gone with an input, and for what the linker derives from these: the table of strings,
/// offsets into it, and the addresses of the linker's own tables before the code. The carriers of the
/// references that differ; `None` where more differs: code, data, an address of these, a library that is
/// needed, a symbol, a segment.
///
/// The build id is not compared: it is a digest of the file, and so of its run path, and of what was
/// stripped from it. **Overestimates** what is the same: debug information that was stripped again.
/// **Underestimates** it: files without a section table, and those in which a longer run path moved code.
///
/// O(size).
pub(super) fn same_but_for_paths(first: &[u8], second: &[u8], rules: &Rules<'_>) -> Option<BTreeSet<Carrier>> {
    match (first.get(4), second.get(4)) {
        (Some(1), Some(1)) => compare::<FileHeader32<Endianness>>(first, second, rules),
        (Some(2), Some(2)) => compare::<FileHeader64<Endianness>>(first, second, rules),
        _ => None,
    }
}

fn compare<H: FileHeader<Endian = Endianness>>(
    first: &[u8],
    second: &[u8],
    rules: &Rules<'_>,
) -> Option<BTreeSet<Carrier>> {
    let (one, other) = (Parsed::<H>::of(first)?, Parsed::<H>::of(second)?);
    if one.facts() != other.facts() || one.facts().is_none() || one.sections.len() != other.sections.len() {
        return None;
    }
    let mut carriers = BTreeSet::new();
    for (mine, its) in one.sections.iter().zip(other.sections.iter()) {
        let name = one.name(mine)?;
        let kind = mine.sh_type(one.endian);
        let same_head = name == other.name(its)?
            && kind == its.sh_type(other.endian)
            && mine.sh_flags(one.endian) == its.sh_flags(other.endian)
            && one.shape(mine) == other.shape(its);
        let moves = name == b".interp" || TABLES.contains(&kind);
        let same_place = moves || mine.sh_addr(one.endian).into() == its.sh_addr(other.endian).into();
        if !same_head || !same_place {
            return None;
        }
        match kind {
            elf::SHT_DYNAMIC => {
                if let Some(carrier) = run_path(&one.dynamic(mine)?, &other.dynamic(its)?, rules)? {
                    carriers.insert(carrier);
                }
            }
            elf::SHT_DYNSYM | elf::SHT_SYMTAB => {
                if one.symbols(mine)? != other.symbols(its)? {
                    return None;
                }
            }
            elf::SHT_GNU_VERNEED | elf::SHT_GNU_VERDEF => {
                if one.versions(mine)? != other.versions(its)? {
                    return None;
                }
            }
            elf::SHT_STRTAB if one.of_dynamic(mine) && other.of_dynamic(its) => {}
            elf::SHT_NOTE if name == b".note.gnu.build-id" => {}
            _ => {
                let (mine, its) = (mine.data(one.endian, first).ok()?, its.data(other.endian, second).ok()?);
                let walked = walk(mine, its, rules, name != b".interp").ok()?;
                if !walked.references.is_empty() {
                    carriers.insert(if name == b".interp" { Carrier::Rpath } else { Carrier::Other });
                }
            }
        }
    }
    let (mine, its) = (one.outside()?, other.outside()?);
    if mine.len() != its.len() {
        return None;
    }
    for (mine, its) in mine.into_iter().zip(its) {
        if !walk(mine, its, rules, true).ok()?.references.is_empty() {
            carriers.insert(Carrier::Other);
        }
    }
    Some(carriers)
}

/// Tables of the linker: where they stand is told by the dynamic section alone.
const TABLES: [elf::SectionType; 11] = [
    elf::SHT_DYNSYM,
    elf::SHT_STRTAB,
    elf::SHT_HASH,
    elf::SHT_GNU_HASH,
    elf::SHT_GNU_VERSYM,
    elf::SHT_GNU_VERNEED,
    elf::SHT_GNU_VERDEF,
    elf::SHT_RELA,
    elf::SHT_REL,
    elf::SHT_RELR,
    elf::SHT_NOTE,
];

/// Entries of the dynamic section that hold where these tables stand, and how long the strings are.
const PLACES: [elf::DynamicTag; 12] = [
    DT_STRTAB,
    DT_STRSZ,
    DT_SYMTAB,
    DT_HASH,
    DT_GNU_HASH,
    DT_RELA,
    DT_REL,
    DT_RELR,
    DT_JMPREL,
    DT_VERSYM,
    DT_VERNEED,
    DT_VERDEF,
];

struct Parsed<'d, H: FileHeader> {
    header: &'d H,
    endian: Endianness,
    data: &'d [u8],
    sections: SectionTable<'d, H>,
}

/// The name of a version of symbols, and the numbers beside it.
type Version<'d> = (&'d [u8], u32, u16, u16);

/// An entry of the dynamic section.
#[derive(Debug, PartialEq, Eq)]
enum Entry<'d> {
    RunPath(elf::DynamicTag, &'d [u8]),
    Text(elf::DynamicTag, &'d [u8]),
    Number(elf::DynamicTag, u64),
}

impl<'d, H: FileHeader<Endian = Endianness>> Parsed<'d, H> {
    fn of(data: &'d [u8]) -> Option<Self> {
        let header = H::parse(data).ok()?;
        let endian = header.endian().ok()?;
        let sections = header.sections(endian, data).ok()?;
        (!sections.is_empty()).then_some(Self { header, endian, data, sections })
    }

    /// What must be the same as it is: kind, machine, entry, segments.
    fn facts(&self) -> Option<impl PartialEq + use<'d, H>> {
        let endian = self.endian;
        let segments = self.header.program_headers(endian, self.data).ok()?;
        let segments: Vec<_> = segments.iter().map(|segment| Self::segment(segment, endian)).collect();
        let ident = *self.header.e_ident();
        let header = (self.header.e_type(endian), self.header.e_machine(endian), self.header.e_flags(endian));
        Some((
            ident.class,
            ident.data,
            ident.os_abi,
            ident.abi_version,
            header,
            self.header.e_entry(endian).into(),
            segments,
        ))
    }

    /// What a segment is. The linker's tables, of which a run path is one, may be longer; where the others
    /// stand, and how much memory they have beyond the file, stays.
    fn segment(segment: &H::ProgramHeader, endian: Endianness) -> impl PartialEq + use<'d, H> {
        let (address, in_file, in_memory) =
            (segment.p_vaddr(endian).into(), segment.p_filesz(endian).into(), segment.p_memsz(endian).into());
        let kind = segment.p_type(endian);
        let place = match kind {
            elf::PT_LOAD => Some((address, in_memory.wrapping_sub(in_file))),
            elf::PT_TLS | elf::PT_GNU_RELRO | elf::PT_GNU_STACK => Some((address, in_memory)),
            _ => None,
        };
        (kind, segment.p_flags(endian), segment.p_align(endian).into(), place)
    }

    /// How a section is to be read and placed, and how much memory it has where the file holds none of it.
    fn shape(&self, section: &H::SectionHeader) -> impl PartialEq + use<'d, H> {
        let endian = self.endian;
        let nowhere = section.sh_type(endian) == elf::SHT_NOBITS;
        (
            section.sh_addralign(endian).into(),
            section.sh_entsize(endian).into(),
            section.link(endian),
            section.sh_info(endian),
            nowhere.then(|| section.sh_size(endian).into()),
        )
    }

    /// What no header or section holds: between them, without the zeros around; and all that stands
    /// behind them, where programs carry archives and the like.
    fn outside(&self) -> Option<Vec<&'d [u8]>> {
        let endian = self.endian;
        let table = |start: u64, size: u16, count: usize| Some((start, u64::from(size).checked_mul(count as u64)?));
        let header = &self.header;
        let segments = header.program_headers(endian, self.data).ok()?.len();
        let mut held: Vec<(u64, u64)> = vec![
            (0, size_of::<H>() as u64),
            table(header.e_phoff(endian).into(), header.e_phentsize(endian), segments)?,
            table(header.e_shoff(endian).into(), header.e_shentsize(endian), self.sections.len())?,
        ];
        held.extend(self.sections.iter().filter_map(|section| section.file_range(endian)));
        held.sort_unstable();
        let (mut found, mut end) = (Vec::new(), 0);
        for (start, length) in held {
            let start = usize::try_from(start).ok()?;
            if let Some(between) = self.data.get(end..start) {
                let between = without_zeros(between);
                if !between.is_empty() {
                    found.push(between);
                }
            }
            end = end.max(start.checked_add(usize::try_from(length).ok()?)?);
        }
        found.push(self.data.get(end..).unwrap_or_default());
        Some(found)
    }

    fn name(&self, section: &H::SectionHeader) -> Option<&'d [u8]> {
        self.sections.section_name(self.endian, section).ok()
    }

    /// The strings that a section's entries name.
    fn strings(&self, section: &H::SectionHeader) -> Option<StringTable<'d, &'d [u8]>> {
        self.sections.strings(self.endian, self.data, section.link(self.endian)).ok()
    }

    /// Whether a section holds the strings of the dynamic section.
    fn of_dynamic(&self, section: &H::SectionHeader) -> bool {
        let linked = self.sections.iter().filter(|other| other.sh_type(self.endian) == elf::SHT_DYNAMIC);
        let mut linked = linked.filter_map(|other| self.sections.section(other.link(self.endian)).ok());
        linked.any(|strings| std::ptr::eq(strings, section))
    }

    fn dynamic(&self, section: &H::SectionHeader) -> Option<Vec<Entry<'d>>> {
        let strings = self.strings(section)?;
        let (entries, _) = section.dynamic(self.endian, self.data).ok()??;
        let read = |entry: &H::Dyn| {
            let (tag, value) = (entry.tag(self.endian), entry.val(self.endian));
            let text = || entry.string(self.endian, strings).ok();
            Some(match tag {
                DT_RPATH | DT_RUNPATH => Entry::RunPath(tag, text()?),
                _ if PLACES.contains(&tag) => Entry::Number(tag, 0),
                _ if entry.is_string(self.endian) => Entry::Text(tag, text()?),
                _ => Entry::Number(tag, value),
            })
        };
        entries.iter().take_while(|entry| entry.tag(self.endian) != DT_NULL).map(read).collect()
    }

    fn symbols(&self, section: &H::SectionHeader) -> Option<Vec<impl PartialEq + use<'d, H>>> {
        let endian = self.endian;
        let strings = self.strings(section)?;
        let symbols = section.data_as_array::<H::Sym, _>(endian, self.data).ok()?;
        let read = |symbol: &H::Sym| {
            // a symbol for a section stands where the section does
            let place = if symbol.st_type() == elf::STT_SECTION { 0 } else { symbol.st_value(endian).into() };
            let shape = (symbol.st_info(), symbol.st_other(), symbol.st_shndx(endian), symbol.st_size(endian).into());
            Some((symbol.name(endian, strings).ok()?, place, shape))
        };
        symbols.iter().map(read).collect()
    }

    /// The names and numbers of the versions of symbols that are needed or defined, in order.
    fn versions(&self, section: &H::SectionHeader) -> Option<Vec<Version<'d>>> {
        let endian = self.endian;
        let strings = self.strings(section)?;
        let mut found = Vec::new();
        if let Some((mut needs, _)) = section.gnu_verneed(endian, self.data).ok()? {
            while let Some((need, mut auxiliaries)) = needs.next().ok()? {
                found.push((need.file(endian, strings).ok()?, 0, need.vn_version.get(endian), need.vn_cnt.get(endian)));
                while let Some(auxiliary) = auxiliaries.next().ok()? {
                    let name = auxiliary.name(endian, strings).ok()?;
                    let (flags, other) = (auxiliary.vna_flags.get(endian).0, auxiliary.vna_other.get(endian).0);
                    found.push((name, auxiliary.vna_hash.get(endian), flags, other));
                }
            }
        }
        if let Some((mut definitions, _)) = section.gnu_verdef(endian, self.data).ok()? {
            while let Some((definition, mut auxiliaries)) = definitions.next().ok()? {
                let (flags, index) = (definition.vd_flags.get(endian).0, definition.vd_ndx.get(endian).0);
                found.push((&[], definition.vd_hash.get(endian), flags, index));
                while let Some(auxiliary) = auxiliaries.next().ok()? {
                    found.push((auxiliary.name(endian, strings).ok()?, 0, 0, 0));
                }
            }
        }
        Some(found)
    }
}

/// A text without the zeros at its ends.
fn without_zeros(bytes: &[u8]) -> &[u8] {
    let start = bytes.iter().position(|&byte| byte != 0).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|&byte| byte != 0).map_or(start, |last| last + 1);
    bytes.get(start..end).unwrap_or_default()
}

/// Whether two dynamic sections are the same but for the run path; `Some(Some(_))` where that differs.
#[expect(clippy::option_option, reason = "the same, or not by references alone, or not at all")]
fn run_path(first: &[Entry<'_>], second: &[Entry<'_>], rules: &Rules<'_>) -> Option<Option<Carrier>> {
    let mut others = second.iter().peekable();
    let mut carrier = None;
    for entry in first {
        match (entry, others.peek()) {
            (Entry::RunPath(tag, mine), Some(Entry::RunPath(other, its))) if tag == other => {
                let parts = |path| <[u8]>::split(path, |byte: &u8| *byte == b':');
                match walk(mine, its, rules, false) {
                    Ok(walked) if walked.references.is_empty() => {}
                    Ok(_) => carrier = Some(Carrier::Rpath),
                    Err(_) if elements_gone(parts(mine), parts(its), rules) => carrier = Some(Carrier::Rpath),
                    Err(_) => return None,
                }
            }
            (Entry::RunPath(_, mine), _) => {
                if !mine.split(|byte| *byte == b':').all(|element| rules.goes(element)) {
                    return None;
                }
                carrier = Some(Carrier::Rpath);
                continue;
            }
            (Entry::Text(tag, mine), Some(Entry::Text(other, its))) if tag == other && same(mine, its, rules) => {}
            (entry, Some(other)) if entry == *other => {}
            _ => return None,
        }
        others.next();
    }
    others.next().is_none().then_some(carrier)
}
