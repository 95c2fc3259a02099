//! Documents with everything that may stand between forms, everywhere.

use proptest::prelude::*;

fn atom() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z][a-z-]{0,9}".prop_map(|name| format!(":{name}")),
        "[a-z][a-z-]{0,40}/[a-z]{1,20}",
        any::<i32>().prop_map(|number| number.to_string()),
        "[ -!#-\\[\\]-~é\n\r;]{0,60}".prop_map(|text| format!("\"{text}\"")),
        prop::sample::select(vec![
            "nil", "true", "\\a", "\\,", "\\]", "\\;", "## Inf", "##\nNaN", "1.5M", "{}", "[]"
        ])
        .prop_map(str::to_owned),
    ]
}

/// What may stand between any two forms, and must separate them.
fn gap() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        6 => Just(" ".to_owned()),
        2 => prop::sample::select(vec![", ", "\n", "\n\n", "\r\n", "\n\n\n  ", "\t", "\r"]).prop_map(str::to_owned),
        1 => "[ -~é]{0,50}".prop_map(|text| format!(" ;{text}\n")),
        1 => "[ -~]{0,10}".prop_map(|text| format!("\n ;; {text}\r\n\n")),
        1 => prop::sample::select(vec![
            "#_a ", "#_[1 2]", "#_ #_ a ; b\n{:c 1}", "#_{:a 1\n:b 2}", " #_ ; why\n x ", "#_#t #_ [] y ", "#_ #_ a #_ b c ",
            "#_ \n ; own line\n [1\n 2] ",
        ]).prop_map(|text| format!(" {text} ")),
    ];
    prop::collection::vec(piece, 1..3).prop_map(|pieces| pieces.concat())
}

fn collection(inner: impl Strategy<Value = String> + Clone) -> impl Strategy<Value = String> {
    let items = prop::collection::vec((gap(), inner), 0..7);
    (0..6usize, items, gap()).prop_map(|(kind, items, last)| {
        let (opening, closing) =
            [("{", "}"), ("{", "}"), ("#:a{", "}"), ("[", "]"), ("(", ")"), ("#{", "}")][kind];
        let text = |(at, (gap, item)): (usize, &(String, String))| match kind {
            // Keys are distinct: plain ones, and now and then one that is itself a collection.
            0..=2 if at % 3 == 2 => format!("{gap}[{at}{gap}{item}]{gap}{item}"),
            0..=2 => format!("{gap}:{}k{at}{gap}{item}", "long-".repeat(at)),
            5 => format!("{gap}[{at} {item}]"),
            _ => format!("{gap}{item}"),
        };
        let items: String = items.iter().enumerate().map(text).collect();
        format!("{opening}{items}{last}{closing}")
    })
}

/// A well-formed document.
pub(super) fn document() -> impl Strategy<Value = String> {
    let form = atom().prop_recursive(5, 60, 7, |inner| {
        prop_oneof![
            4 => collection(inner.clone()),
            1 => (gap(), inner).prop_map(|(gap, form)| format!("#a/tag{gap}{form}")),
        ]
    });
    (gap(), form, gap()).prop_map(|(before, form, behind)| format!("{before}{form}{behind}"))
}
