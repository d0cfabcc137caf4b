//! `config check|show`.
use super::{Common, Ended};
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(super) enum ConfigCommand {
    /// Read the configuration, the catalogue and the lexicons; name the first fault
    Check,
    /// Print the configuration in force, as TOML
    Show {
        /// As JSON
        #[arg(long)]
        json: bool,
    },
}

pub(super) fn config(common: &Common, command: ConfigCommand) -> anyhow::Result<Ended> {
    let config = common.load()?;
    match command {
        ConfigCommand::Check => {
            crate::app::check_config(&config)?;
            let catalogue = crate::app::load_catalogue(&config)?;
            let lexicon = crate::app::load_lexicon(config.feeds.as_deref())?;
            let sites = crate::app::load_sites(config.feeds.as_deref())?;
            println!("right: {} feeds, {} sites, lexicon {}", catalogue.feeds.len(), sites.len(), lexicon.version());
            if config.fetch.contact.is_none() {
                println!("note: fetch.contact is not set; publishers cannot reach you about your requests");
            }
        }
        ConfigCommand::Show { json: true } => println!("{}", serde_json::to_string_pretty(&config)?),
        ConfigCommand::Show { json: false } => {
            print!("{}{}", unset(&config), toml::to_string(&config)?);
        }
    }
    Ok(Ended::Ok)
}

/// Keys that have no value, as comments: TOML has no null.
fn unset(config: &crate::config::Config) -> String {
    let keys = [
        ("store", config.store.is_none(), "sqlite:banwatch.db in the data folder"),
        ("index", config.index.is_none(), "tantivy:tantivy in the data folder"),
        ("feeds", config.feeds.is_none(), "the catalogue, site rules and lexicons in the binary"),
        ("fetch.websub.callback", config.fetch.websub.callback.is_none(), "no hub is subscribed to"),
        ("fetch.contact", config.fetch.contact.is_none(), "none: set it"),
    ];
    keys.iter()
        .filter(|(_, unset, _)| *unset)
        .map(|(key, _, meaning)| format!("# {key} is not set: {meaning}\n"))
        .collect()
}
