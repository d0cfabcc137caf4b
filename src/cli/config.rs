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
            let catalogue = crate::app::load_catalogue(config.feeds.as_deref())?;
            let lexicon = crate::app::load_lexicon(config.feeds.as_deref())?;
            println!("right: {} feeds, lexicon {}", catalogue.feeds.len(), lexicon.version());
            if config.fetch.contact.is_none() {
                println!("note: fetch.contact is not set; publishers cannot reach you about your requests");
            }
        }
        ConfigCommand::Show { json: true } => println!("{}", serde_json::to_string_pretty(&config)?),
        ConfigCommand::Show { json: false } => print!("{}", toml::to_string(&config)?),
    }
    Ok(Ended::Ok)
}
