//! What the layout looks like.

use super::formatted;

/// A picture of each: what an author writes, and what becomes of it.
const CASES: &[(&str, &str)] = &[
    (
        "braces_of_another_language",
        r#"

{
  :apps [
    {
      :name "broker"
      :script "index.js",
      :args []
      :env {
        :HEARTBEAT_PORT "5005"
        :CHECK_INTERVAL "300000"
      }
      :watch [
        "./packages/broker"
      ]
      :ignore_watch [
        "node_modules"
        "logs"
      ]
    }
    { :name "b" :script "b.mjs" }

  ]
}"#,
    ),
    (
        "words_that_belong_together",
        r#"{:apps [{:name "web" :script "web.mjs"
 :args ["--host" "127.0.0.1"
   "--port" 3000
     "--verbose" "--a-long-option-with" "a-long-value-that-has-no-space-in-it" "--another-one" "and-what-it-is-to-be" "--last"]}]}"#,
    ),
    (
        "comments",
        r#";;; The site.
;;; Two lines.


{:apps [
;; the first
{:name "web" ; what PM2 calls it
:cwd "services/web" ; relative to base
  :script "server.mjs"
  ;; out of use: :port 80

  :env ; of the process
    {:PORT 8080 ; loopback
     :HOST ; which
     "127.0.0.1"}
  ; nothing more
  }]} ; the end
; really"#,
    ),
    (
        "discards",
        r#"{:apps [{:name "web" :script #_ "old.mjs" "new.mjs" #_ #_ :port 80
:env {:A 1 #_#_ :B 2 :C 3}
  :watch #_ ["src"
   "lib"] false}
  #_ {:name "other" :script "o.mjs"}
  #_ ; not yet
  {:name "third"
  :script "o.mjs"}]}"#,
    ),
    (
        "tags_whatever_they_mean",
        r#"{:apps [{:name #join ["web-"   #env USER] :port #long #or [ #env PORT,8080 ]
:max-restarts #profile {:dev 1
  :prod 10
  :default 5} :env #merge [ #ref [:base] {:A #my/tag   #other "x"} {:B "${HOST:-localhost}"}]
  :cwd #include
    ; a note
    "cwd.edn"}]}"#,
    ),
    (
        "one_line_and_too_long_for_one",
        r#"{:apps [{:name "a", :script "a.mjs"} {:name "b" :script "b.mjs"}
{:name "c" :description "this one would be wider than a line" :script "c.mjs" :env {:PORT 3000 :HOST "localhost"} :kill-timeout 3000}]}"#,
    ),
    (
        "keys_of_all_kinds",
        "{\"text\" 1\n:k 2\n{:a 1} 3\n:a-key-that-is-wider-than-all-that-are-aligned 4\n#:my{:a 1\n:b 2} 5 #{1 2\n3} (1 2\n 3)}",
    ),
    ("a_text_of_several_lines", "{:a [\"one\n  two\" \"three\"]\n :b 1 ; note\n :c \"x\ny\" ; note\n}"),
];

#[test]
fn each_looks_as_it_should() {
    for (name, text) in CASES {
        insta::assert_snapshot!(*name, format!("{text}\n\n----- formatted -----\n{}", formatted(text)));
    }
}

/// A text that is wider than any line has nothing standing behind it line after line.
#[test]
fn what_is_very_wide_makes_nothing_else_wide() {
    let (wide, many) = ("k".repeat(5_000), 1_000);
    let check = |text: String| {
        let length = formatted(&text).len();
        assert!(length < 200 * many, "{} bytes become {length}", text.len());
    };
    check(format!("{{:{wide} [{}]}}", "[]\n".repeat(many)));
    check(format!("#{wide} [{}]", "[]\n".repeat(many)));
    check(format!("[{wide} #_ [{}] 1]", "[]\n".repeat(many)));
    check(format!("[{wide} ; a\n{}]", "1 ; b\n".repeat(many)));
}
