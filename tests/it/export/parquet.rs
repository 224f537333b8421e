//! Parquet, read back.
#![cfg(feature = "parquet")]

use ::parquet::file::reader::{FileReader as _, SerializedFileReader};
use ::parquet::record::Field;

use super::{graph, known, program, with};

/// As CSV has it.
fn told(field: &Field) -> String {
    match field {
        Field::Null => String::new(),
        Field::Bool(value) => value.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Double(number) => number.to_string(),
        Field::Str(text) => text.clone(),
        Field::ListInternal(list) => list.elements().iter().map(told).collect::<Vec<_>>().join(";"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn says_what_csv_says() {
    let (program, graph) = (program(), graph());
    let known = known(&program, &graph);
    for form in ["csv", "parquet"] {
        program.run(&with(&["export", "--as", form, "--to", form], &known)).fine();
    }
    for table in nix_ripple::query::TableKind::ALL {
        let file = program.folder.path().join(format!("parquet/{}.parquet", table.as_str()));
        let reader = SerializedFileReader::new(std::fs::File::open(file).unwrap()).unwrap();
        let metadata = reader.metadata().file_metadata();
        let closure = graph.checksum();
        for (key, value) in [
            ("nix-ripple.version", "1"),
            ("nix-ripple.program", concat!("nix-ripple ", env!("CARGO_PKG_VERSION"))),
            ("nix-ripple.closure", &closure),
            ("nix-ripple.table", table.as_str()),
        ] {
            let all = metadata.key_value_metadata().unwrap();
            assert_eq!(all.iter().find(|told| told.key == key).unwrap().value.as_deref(), Some(value), "{key}");
        }
        let text = std::fs::read_to_string(program.folder.path().join(format!("csv/{}.csv", table.as_str()))).unwrap();
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let names: Vec<String> = rows.headers().unwrap().iter().map(str::to_owned).collect();
        let mut count = 0;
        for (row, record) in reader.get_row_iter(None).unwrap().zip(rows.records()) {
            let (row, record) = (row.unwrap(), record.unwrap());
            let own: Vec<(String, String)> =
                row.get_column_iter().map(|(name, field)| (name.clone(), told(field))).collect();
            let expected: Vec<(String, String)> = names.iter().cloned().zip(record.iter().map(str::to_owned)).collect();
            assert_eq!(own, expected);
            count += 1;
        }
        assert_eq!(count, metadata.num_rows());
        assert!(count > 1000);
    }
}
