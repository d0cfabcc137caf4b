#[derive(Debug, clap::Args)]
pub(super) struct DemoArgs {}
pub(super) fn demo(_: &super::Common, _: DemoArgs) -> anyhow::Result<super::Ended> {
    Ok(super::Ended::Ok)
}
