pub struct FetchPolicy;
pub struct HttpReader;
