package ifd

// Values of Compression.
const (
	CompressionNone       = 1
	CompressionLZW        = 5
	CompressionOldJPEG    = 6
	CompressionJPEG       = 7 // lossless JPEG for raw data, baseline for previews
	CompressionDeflate    = 8
	CompressionVC5        = 9 // GoPro's use of the number
	CompressionOldDeflate = 32946
	CompressionLossyJPEG  = 34892
	CompressionJPEGXL     = 52546
)

// Values of PhotometricInterpretation.
const (
	WhiteIsZero     = 0
	BlackIsZero     = 1
	RGB             = 2
	YCbCr           = 6
	ColorFilter     = 32803 // "CFA" in TIFF/EP
	LinearRaw       = 34892
	DepthMap        = 51177
	PhotometricMask = 52527
)

// Values of NewSubfileType in DNG files.
const (
	MainImage        = 0
	PreviewImage     = 1
	TransparencyMask = 4
	DepthImage       = 8
	EnhancedImage    = 16
	AltPreviewImage  = 65537
	SemanticMask     = 65540
)

// Values of Predictor: TIFF's, its floating-point supplement's (Adobe
// Photoshop TIFF Technical Note 3) and DNG's wider ones, which take their left
// neighbour two or four pixels away.
const (
	PredictorNone              = 1
	PredictorHorizontal        = 2
	PredictorFloat             = 3
	PredictorHorizontalX2      = 34892
	PredictorHorizontalX4      = 34893
	PredictorFloatX2           = 34894
	PredictorFloatX4           = 34895
	SampleFormatUint           = 1
	SampleFormatInt            = 2
	SampleFormatIEEEFP         = 3
	PlanarConfigurationChunky  = 1
	PlanarConfigurationPlanar  = 2
	ResolutionUnitInch         = 2
	MakerNoteSafetyUnsafe      = 0
	MakerNoteSafetySafe        = 1
	ExtraSampleAssociatedAlpha = 1
)
