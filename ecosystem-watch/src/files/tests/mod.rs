//! Files as editors, git and people really change them.
