pub struct TantivyIndex;
