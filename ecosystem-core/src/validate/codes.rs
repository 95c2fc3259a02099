//! The code of every problem that validation can find: `E02xx` for errors, `W03xx` for warnings.
//!
//! A code never changes its meaning and is never given out again, so that people can search for it: W0302 to
//! W0305 were some once.

use crate::diagnostic::code_table;

code_table! {
    /// The source does not hold one map
    ROOT_NOT_A_MAP = "E0201";
    /// A key at the root that is none of `:apps`, `:deploy`, `:profiles`
    UNKNOWN_ROOT_KEY = "E0202";
    /// No `:apps` at the root
    APPS_MISSING = "E0203";
    /// `:apps` is not a vector, or is empty
    APPS_NOT_A_VECTOR = "E0204";
    /// Something in `:apps` that is not a map
    APP_NOT_A_MAP = "E0205";
    /// A key that is not a keyword
    KEY_NOT_A_KEYWORD = "E0206";
    /// A key that nothing understands
    UNKNOWN_KEY = "E0207";
    /// One key under two spellings, or one variable under two kinds of key
    KEY_TWICE = "E0208";
    /// `nil` where a value is needed
    NIL_VALUE = "E0209";
    /// An app without `:name` or `:script`
    KEY_MISSING = "E0210";
    /// A value of a type that the key does not take
    WRONG_TYPE = "E0211";
    /// `"true"` or `"false"` where `true` or `false` is meant
    FLAG_AS_TEXT = "E0212";
    /// A number outside of what makes sense, or beyond what JavaScript holds exactly
    OUT_OF_RANGE = "E0213";
    /// A size that PM2 does not read
    BAD_SIZE = "E0214";
    /// A duration that PM2 does not read
    BAD_DURATION = "E0215";
    /// A cron pattern that PM2 cannot schedule
    BAD_CRON = "E0216";
    /// A word that is none of those the key takes
    BAD_CHOICE = "E0217";
    /// A NUL character, which no process can be given
    NUL_IN_TEXT = "E0218";
    /// A reader tag that is not understood
    TAG_NOT_SUPPORTED = "E0219";
    /// A name that no environment variable can have
    BAD_VARIABLE_NAME = "E0220";
    /// A variable that would overwrite one of PM2's own fields
    VARIABLE_HIJACKS_PM2 = "E0221";
    /// A variable that carries the stamp of ownership
    VARIABLE_IS_STAMP = "E0222";
    /// A value that no environment variable can have
    BAD_VARIABLE_VALUE = "E0223";
    /// An app name that PM2 would misread
    DANGEROUS_NAME = "E0224";
    /// An app named like a namespace in use
    NAME_IS_NAMESPACE = "E0225";
    /// An app name declared more than once in the tree
    NAME_TWICE = "E0226";
    /// A `:cwd` starting with `~`, which PM2 does not expand
    CWD_TILDE = "E0227";
    /// `:args` beside a `:script` that PM2 hands to a shell
    ARGS_LOST = "E0228";
    /// A probe without exactly one way to ask
    BAD_PROBE = "E0229";
    /// A value that JSON cannot hold
    NOT_JSON = "E0230";
    /// An empty text, which PM2 takes for no text at all
    EMPTY_TEXT = "E0231";
    /// A key that JavaScript takes for the prototype of an object
    PROTOTYPE_KEY = "E0232";

    /// A key that no two apps can have in common, among defaults
    KEY_NOT_A_DEFAULT = "E0233";
    /// A key that holds for the whole tree, in a `defaults.edn` below the root
    ROOT_ONLY_KEY = "E0234";
    /// A key at the root of a `defaults.edn` that is none of `:defaults`, `:owner`, `:base`, `:prune`
    UNKNOWN_DEFAULTS_KEY = "E0235";
    /// A reference to the environment where the value must be known when the tree is read
    MUST_BE_KNOWN = "E0236";
    /// A malformed `${…}`, or a reference that may come to no text, number or truth value
    BAD_REFERENCE = "E0237";
    /// A `:depends_on` that names no app of the tree
    UNKNOWN_DEPENDENCY = "E0238";
    /// Apps that depend on one another in a circle
    DEPENDENCY_CYCLE = "E0239";

    /// Looks like a daemon, but is not named `ecosystem.edn`
    MISNAMED_DAEMON = "W0301";
    /// Cluster mode with an interpreter that is not node
    CLUSTER_NEEDS_NODE = "W0306";
    /// A `:script` with a space, which PM2 hands to a shell
    SHELL_SCRIPT = "W0307";
    /// The first of `:args` is the script again
    SCRIPT_REPEATED = "W0308";
    /// Two apps write one log file
    LOG_SHARED = "W0309";
    /// Two apps whose names PM2 turns into one log file name
    LOG_NAMES_COLLIDE = "W0310";
    /// Two apps with one port
    PORT_SHARED = "W0311";
    /// `PM2_PROCESS_NAME` names another app of the tree
    PROCESS_NAME_OF_OTHER = "W0312";
    /// A watched path begins with `:cwd`, to which it is relative already
    CWD_REPEATED = "W0313";
}
