//! Files that the tools keep, as they are read back: an agreed plan, the inventory, an app's history.

use std::collections::BTreeMap;

use ecosystem_core::history::{self, Generation};
use ecosystem_core::model::Digest;
use ecosystem_core::plan::Inventory;
use ecosystem_core::plan::agreed::Agreed;
use serde::Serialize;
use serde::de::DeserializeOwned;

/// Bytes are refused as such a file, or say the same again once they have been written.
pub fn kept(bytes: &[u8]) {
    if let Ok(agreed) = Agreed::read(bytes) {
        let text = agreed.text().unwrap_or_else(|error| panic!("{error} in {agreed:?}"));
        assert_eq!(Agreed::read(text.as_bytes()).as_ref(), Ok(&agreed), "{text}");
        assert_eq!(agreed.work.differences(&agreed.work), Vec::<String>::new());
        assert_eq!(agreed.grounds.differences(&agreed.grounds), Vec::<String>::new());
    }
    if let Some(inventory) = written_again::<Inventory>(bytes) {
        let elsewhere = inventory.under_another_daemon();
        assert_eq!(elsewhere.clone().under_another_daemon(), elsewhere);
    }
    if let Some(generations) = written_again::<Vec<Generation>>(bytes) {
        generations_of(&generations);
    }
}

fn written_again<T: DeserializeOwned + Serialize + PartialEq + std::fmt::Debug>(bytes: &[u8]) -> Option<T> {
    let read: T = serde_json::from_slice(bytes).ok()?;
    let text = serde_json::to_string(&read).unwrap_or_else(|error| panic!("{error} in {read:?}"));
    assert_eq!(serde_json::from_str::<T>(&text).ok().as_ref(), Some(&read), "{text}");
    Some(read)
}

/// Nothing about them is believed: numbers may repeat, and lead nowhere.
fn generations_of(generations: &[Generation]) {
    let known = |number: u64| generations.iter().any(|generation| generation.number == number);
    for (number, definition) in
        [history::last_healthy(generations), history::running(generations)].into_iter().flatten()
    {
        assert!(known(number), "{number}");
        // What is put back is looked up anew.
        let _ = (Digest::of(&definition.app), definition.app.settled(&BTreeMap::new(), &BTreeMap::new()));
    }
    let _ = history::next_number(generations);
    if let Some(last) = generations.last() {
        let mut more = generations.to_vec();
        history::add(&mut more, last.clone(), 2);
        assert!(more.len() <= generations.len() + 1 && more.last() == Some(last), "{more:?}");
    }
}
